// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage/api"
)

// A spec is as much of an OpenAPI document as its tests look at.
type spec struct {
	Paths      map[string]map[string]json.RawMessage
	Components struct {
		Parameters map[string]parameter
		Responses  map[string]response
		Schemas    map[string]json.RawMessage
	}
	resolved map[string]*jsonschema.Resolved
}

type operation struct {
	OperationID string
	Parameters  []parameter
	RequestBody *response
	Responses   map[string]response
	Security    *[]any
}

type parameter struct {
	Ref      string `json:"$ref"`
	Name, In string
}

type response struct {
	Ref     string `json:"$ref"`
	Content map[string]struct{ Schema json.RawMessage }
}

func readSpec(t testing.TB) *spec {
	t.Helper()
	// The schemas are put below $defs, where a schema of its own has them.
	text := bytes.ReplaceAll(api.OpenAPI(), []byte("#/components/schemas/"), []byte("#/$defs/"))
	s := &spec{resolved: map[string]*jsonschema.Resolved{}}
	require.NoError(t, json.Unmarshal(text, s))
	return s
}

// operation returns the description of a call. The path is a pattern.
func (s *spec) operation(t testing.TB, method, path string) (o operation, there bool) {
	t.Helper()
	raw, there := s.Paths[path][strings.ToLower(method)]
	if there {
		require.NoError(t, json.Unmarshal(raw, &o))
	}
	return o, there
}

// pattern returns the path of the document that a path fits.
func (s *spec) pattern(path string) string {
	path = strings.TrimSuffix(path, "/")
	found := ""
	for p := range s.Paths {
		if regexp.MustCompile(`^`+regexp.MustCompile(`\{\w+\}`).ReplaceAllString(p, `[^/]+`)+`$`).MatchString(path) && (found == "" || !strings.Contains(p, "{")) {
			found = p
		}
	}
	return found
}

func (s *spec) response(r response) response {
	if name, is := strings.CutPrefix(r.Ref, "#/components/responses/"); is {
		return s.Components.Responses[name]
	}
	return r
}

// fits checks a document by a schema.
func (s *spec) fits(t testing.TB, schema json.RawMessage, document []byte) {
	t.Helper()
	resolved := s.resolved[string(schema)]
	if resolved == nil {
		var root map[string]any
		require.NoError(t, json.Unmarshal(schema, &root))
		root["$defs"] = s.Components.Schemas
		text, err := json.Marshal(root)
		require.NoError(t, err)
		var parsed jsonschema.Schema
		require.NoError(t, json.Unmarshal(text, &parsed))
		resolved, err = parsed.Resolve(nil)
		require.NoError(t, err)
		s.resolved[string(schema)] = resolved
	}
	var v any
	require.NoError(t, json.Unmarshal(document, &v), string(document))
	require.NoError(t, resolved.Validate(v), string(document))
}

// check checks an answer, and the request if it was taken.
func (s *spec) check(t testing.TB, r *http.Request, sent []byte, w *httptest.ResponseRecorder) {
	t.Helper()
	isV1 := strings.HasPrefix(r.URL.Path, "/manager/v1/")
	o, there := s.operation(t, r.Method, s.pattern(r.URL.Path))
	answer, said := o.Responses[strconv.Itoa(w.Code)]
	undescribed := !there || w.Code == http.StatusInternalServerError
	switch {
	case undescribed && isV1:
		answer = s.Components.Responses["400"] // like all that is refused
	case undescribed:
		return
	default:
		require.True(t, said, "%s %s answers %d, which its description lacks: %s", r.Method, r.URL, w.Code, w.Body)
	}
	answer = s.response(answer)
	kind, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
	if len(answer.Content) == 0 {
		require.Empty(t, w.Body.String())
		require.Empty(t, kind)
		return
	}
	content, known := answer.Content[kind]
	require.True(t, known, "%s %s answers %d as %q", r.Method, r.URL, w.Code, kind)
	if kind == "application/json" {
		s.fits(t, content.Schema, w.Body.Bytes())
	}
	if w.Code < http.StatusMultipleChoices && o.RequestBody != nil {
		s.fits(t, o.RequestBody.Content["application/json"].Schema, sent)
	}
}

func TestEveryRouteIsDescribed(t *testing.T) {
	t.Parallel()
	s := readSpec(t)
	described := map[[2]string]bool{}
	ids := map[string]bool{}
	for path, item := range s.Paths {
		for method := range item {
			if method == "parameters" {
				continue
			}
			o, _ := s.operation(t, method, path)
			require.False(t, ids[o.OperationID], "%s is there twice", o.OperationID)
			ids[o.OperationID] = true
			described[[2]string{strings.ToUpper(method), path}] = true
			for code, r := range o.Responses {
				require.True(t, r.Ref == "" || len(s.response(r).Content) > 0, "%s %s: %s leads nowhere", method, path, code)
			}
		}
	}
	require.True(t, described[[2]string{"GET", "/manager/openapi.json"}])
	delete(described, [2]string{"GET", "/manager/openapi.json"})
	for _, r := range api.Routes() {
		require.True(t, described[r], "%s %s is not described", r[0], r[1])
		delete(described, r)
	}
	require.Empty(t, described, "described, and not there")
}

// TestParametersOfPaths: each name in braces is described, and no other.
func TestParametersOfPaths(t *testing.T) {
	t.Parallel()
	s := readSpec(t)
	for path, item := range s.Paths {
		var given []parameter
		if raw, there := item["parameters"]; there {
			require.NoError(t, json.Unmarshal(raw, &given))
		}
		var names []string
		for _, p := range given {
			p = s.Components.Parameters[strings.TrimPrefix(p.Ref, "#/components/parameters/")]
			require.Equal(t, "path", p.In)
			names = append(names, "{"+p.Name+"}")
		}
		require.Equal(t, regexp.MustCompile(`\{\w+\}`).FindAllString(path, -1), names, path)
	}
}
