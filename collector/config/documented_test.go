// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/config"
)

// keys returns every key of a document for t, but not those of types of others.
func keys(t reflect.Type, into map[string]bool) map[string]bool {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || !strings.HasSuffix(t.PkgPath(), "collector/config") {
		return into
	}
	for field := range t.Fields() {
		if name, _, _ := strings.Cut(field.Tag.Get("yaml"), ","); name != "" {
			into[name] = true
		}
		keys(field.Type, into)
	}
	return into
}

func TestEveryKeyIsDocumentedAndTried(t *testing.T) {
	t.Parallel()
	full, err := os.ReadFile("testdata/full.yml")
	require.NoError(t, err)
	documents, err := os.ReadFile("../../docs/configuration.md")
	require.NoError(t, err)
	all := keys(config.Document, map[string]bool{})
	require.Greater(t, len(all), 80)
	twins := map[string]bool{"password_file": true} // the other one is tried
	for key := range all {
		word := regexp.MustCompile(`\b` + key + `\b`)
		require.Regexp(t, word, string(documents), "docs/configuration.md says nothing of it")
		if !twins[key] {
			require.Regexp(t, `\b`+key+`:`, string(full), "testdata/full.yml does not set it")
		}
	}
}
