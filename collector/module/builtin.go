// SPDX-License-Identifier: Apache-2.0

package module

import (
	_ "embed"
	"fmt"
)

//go:embed builtin.yml
var builtin []byte

// Builtin returns the modules that are there without configuration, named as in
// the example of blackbox_exporter: http_2xx, tcp_connect, icmp and so on. The
// caller owns the map.
func Builtin() map[string]*Module {
	modules, err := Parse("builtin.yml", builtin)
	if err != nil {
		panic(fmt.Sprintf("a part of the program is wrong: %v", err)) // a test parses it
	}
	return modules
}
