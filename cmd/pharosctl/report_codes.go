// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strconv"
	"strings"
)

// A codesValue is the value of --sick-on: exit codes, separated by commas.
type codesValue []int

// Set implements [kingpin.Value].
func (v *codesValue) Set(text string) error {
	for word := range strings.SplitSeq(text, ",") {
		code, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || code < 1 || code > 255 {
			return fmt.Errorf("--sick-on: %q is no list of exit codes from 1 to 255, such as 1,2", text)
		}
		*v = append(*v, code)
	}
	return nil
}

// String implements [kingpin.Value].
func (v *codesValue) String() string {
	words := make([]string, len(*v))
	for i, code := range *v {
		words[i] = strconv.Itoa(code)
	}
	return strings.Join(words, ",")
}

// IsCumulative implements the interface of the same name of kingpin: the flag may be
// repeated.
func (*codesValue) IsCumulative() bool { return true }
