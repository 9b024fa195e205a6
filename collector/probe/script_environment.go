// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"slices"
	"strings"
)

// environment returns those variables of all that a script may see: what concerns
// the machine, and those with the given names.
func environment(all, names []string) []string {
	kept := []string{}
	for _, v := range all {
		name, _, _ := strings.Cut(v, "=")
		switch name {
		case "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR":
			kept = append(kept, v)
		default:
			if strings.HasPrefix(name, "LC_") || slices.Contains(names, name) {
				kept = append(kept, v)
			}
		}
	}
	return kept
}
