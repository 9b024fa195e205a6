// SPDX-License-Identifier: Apache-2.0

package configfile

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"time"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v4"
)

// Verify reads what was written of m, and compares.
func (m Map) Verify(text []byte) error {
	var read any
	if err := yaml.Load(text, &read, yaml.WithV3Defaults()); err != nil {
		return fmt.Errorf("read what was written as YAML: %w", err)
	}
	if len(m) == 0 && read == nil || reflect.DeepEqual(read, plain(m)) {
		return nil
	}
	return errors.New("what was written as YAML is read back as something else")
}

// plain returns what a reader makes of a value.
func plain(v any) any {
	switch v := v.(type) {
	case Map:
		m := make(map[string]any, len(v))
		for _, e := range v {
			m[e.Key] = plain(e.Value)
		}
		return m
	case []Map:
		return plainList(v)
	case []any:
		return plainList(v)
	case []string:
		return plainList(v)
	case Flow:
		return plain(v.Value)
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int(v)
		}
	case time.Duration:
		return model.Duration(v).String()
	}
	return v
}

func plainList[T any](items []T) []any {
	list := make([]any, len(items))
	for i, item := range items {
		list[i] = plain(item)
	}
	return list
}
