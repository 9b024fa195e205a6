// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pharos-status/pharos/statuspage/desk"
)

// maxBody bounds a request, in bytes. The longest text takes 240 kB if each of its
// characters is escaped.
const maxBody = 256 << 10

// load returns the JSON body. Pages of other sites can make a browser that knows the
// token send requests, but not with this content type.
func load(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, refusal{http.StatusUnsupportedMediaType, "send JSON, and say so by Content-Type: application/json"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return nil, refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d KiB", maxBody>>10)}
	} else if err != nil {
		return nil, refusal{http.StatusBadRequest, "the body broke off"}
	}
	return body, nil
}

// read stores the JSON object of the body in the struct that v points at, whose
// fields are pointers: those that are missing or null become nil. What does not fit
// is told by field.
func read(w http.ResponseWriter, r *http.Request, v any) error {
	body, err := load(w, r)
	if err != nil {
		return err
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(body, &given); err != nil || given == nil {
		return desk.Invalid{{Field: "body", Problem: "is no JSON object" + why(err)}}
	}
	var faults desk.Invalid
	var fields []string
	into := reflect.ValueOf(v).Elem()
	for i := range into.NumField() {
		name := into.Type().Field(i).Tag.Get("json")
		if name == "-" {
			continue
		}
		fields = append(fields, name)
		faults = append(faults, fill(into.Field(i), name, given[name])...)
		delete(given, name)
	}
	for _, name := range sortedKeys(given) {
		faults = append(faults, desk.Fault{Field: short(name), Problem: "is unknown here; there are " + strings.Join(fields, ", ")})
	}
	if faults != nil {
		return faults
	}
	return nil
}

func why(err error) string {
	if syntax := new(json.SyntaxError); errors.As(err, &syntax) {
		return fmt.Sprintf(": at byte %d, %v", syntax.Offset, err)
	}
	return `; send one such as {"title": "…"}`
}

// fill stores a value in a field, which is a pointer.
func fill(field reflect.Value, name string, raw json.RawMessage) desk.Invalid {
	if raw == nil || string(raw) == "null" {
		return nil
	}
	if !utf8.Valid(raw) {
		return desk.Invalid{{Field: name, Problem: "is not valid UTF-8; send it so"}}
	}
	v := reflect.New(field.Type().Elem())
	if json.Unmarshal(raw, v.Interface()) == nil {
		field.Set(v)
		return nil
	}
	var items []json.RawMessage
	if v.Elem().Kind() != reflect.Slice || json.Unmarshal(raw, &items) != nil {
		return desk.Invalid{{Field: name, Problem: misfit(v.Elem(), raw)}}
	}
	var faults desk.Invalid
	for i, item := range items {
		one := reflect.New(v.Elem().Type().Elem())
		if json.Unmarshal(item, one.Interface()) != nil {
			faults = append(faults, desk.Fault{Field: fmt.Sprintf("%s[%d]", name, i), Problem: misfit(one.Elem(), item)})
		}
	}
	return faults
}

// misfit says of what kind a value has to be.
func misfit(v reflect.Value, raw json.RawMessage) string {
	kind := "a text in quotation marks"
	switch v.Kind() { //nolint:exhaustive // the kinds of fields that there are
	case reflect.Bool:
		kind = "true or false"
	case reflect.Slice:
		kind = `a list of texts such as ["web", "web/api"]`
	case reflect.Struct:
		kind = `a time such as "` + time.Date(2026, 11, 30, 22, 0, 0, 0, time.UTC).Format(time.RFC3339) + `"`
	}
	return "is " + short(string(raw)) + "; give " + kind
}

// short bounds what of a request is said again in its answer.
func short(text string) string {
	const shown = 60
	if runes := []rune(text); len(runes) > shown {
		return string(runes[:shown]) + "…"
	}
	return text
}
