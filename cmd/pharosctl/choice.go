// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kingpin/v2"
)

// oneOf adds a flag that takes one of some words.
func oneOf(cmd *kingpin.CmdClause, name, help string, target *string, words ...string) *kingpin.FlagClause {
	flag := cmd.Flag(name, help).HintOptions(words...)
	flag.SetValue(&choice{"--" + name, target, words})
	return flag
}

// A choice is the value of such a flag.
type choice struct {
	flag   string
	target *string
	words  []string
}

// Set implements [kingpin.Value].
func (c *choice) Set(text string) error {
	if !slices.Contains(c.words, text) {
		return fmt.Errorf("%s is %q; it is one of %s", c.flag, text, strings.Join(c.words, ", "))
	}
	*c.target = text
	return nil
}

// String implements [kingpin.Value].
func (c *choice) String() string { return *c.target }

func wordsOf[T ~string](all []T) []string {
	out := make([]string, len(all))
	for i, w := range all {
		out[i] = string(w)
	}
	return out
}
