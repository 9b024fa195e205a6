// SPDX-License-Identifier: Apache-2.0

package configdir

import (
	"maps"
	"slices"

	"github.com/pharos-status/pharos/internal/configfile"
)

// each calls do for each text below a value, with its path and the key that it has.
func each(p configfile.Path, value any, do func(p configfile.Path, key, value string)) {
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			each(p.At(key), value[key], do)
		}
	case []any:
		for i, item := range value {
			each(p.At(i), item, do)
		}
	case string:
		if value == "" || len(p) == 0 {
			return
		}
		if key, ok := p[len(p)-1].(string); ok {
			do(p, key, value)
		}
	}
}
