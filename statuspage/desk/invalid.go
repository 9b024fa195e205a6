// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"fmt"
	"slices"
	"strings"
)

// Invalid says what is wrong with what an operator said, by field. It is never empty.
type Invalid []Fault //nolint:errname // it reads as desk.Invalid

// A Fault is what is wrong with one field. Field is a JSON path such as "title" or
// "components[1]".
type Fault struct {
	Field   string `json:"field"`
	Problem string `json:"problem"` // to people: what is wrong and how to mend it
}

func (i Invalid) Error() string {
	lines := make([]string, len(i))
	for n, f := range i {
		lines[n] = f.Field + " " + f.Problem
	}
	return strings.Join(lines, "\n")
}

// faults gathers what is wrong.
type faults struct{ all Invalid }

func (f *faults) add(field, format string, args ...any) {
	f.all = append(f.all, Fault{field, fmt.Sprintf(format, args...)})
}

// has tells whether something is wrong with one of the fields.
func (f *faults) has(fields ...string) bool {
	return slices.ContainsFunc(f.all, func(x Fault) bool { return slices.Contains(fields, x.Field) })
}

// err returns all of it, nil if nothing is wrong.
func (f *faults) err() error {
	if len(f.all) == 0 {
		return nil
	}
	return f.all
}
