// SPDX-License-Identifier: Apache-2.0

package module

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/alecthomas/units"
	"github.com/google/cel-go/cel"
	"github.com/prometheus/common/model"
)

// hidden stands for what may be secret.
const hidden = "<secret>"

// A Duration is written as Go does (1m30s, 1.5s) or as Prometheus does (1d).
type Duration time.Duration

// UnmarshalYAML takes both forms.
func (d *Duration) UnmarshalYAML(unmarshal func(any) error) error {
	var text string
	if err := unmarshal(&text); err != nil {
		return err
	}
	if parsed, err := time.ParseDuration(text); err == nil {
		*d = Duration(parsed)
		return nil
	}
	parsed, err := model.ParseDuration(text)
	*d = Duration(parsed)
	return err
}

// MarshalYAML returns the duration in Go's form.
func (d Duration) MarshalYAML() (any, error) { return time.Duration(d).String(), nil }

// A Size is a number of bytes, written with a unit: 10MB and 10MiB are both ten
// times 1024 times 1024 bytes.
type Size int64

// UnmarshalYAML takes a text such as 10MB.
func (s *Size) UnmarshalYAML(unmarshal func(any) error) error {
	var text string
	if err := unmarshal(&text); err != nil {
		return err
	}
	bytes, err := units.ParseBase2Bytes(text)
	if err != nil {
		return errors.New("not a size; write a number and a unit, such as 10MB")
	}
	*s = Size(bytes)
	return nil
}

// MarshalYAML returns the size with its unit.
func (s Size) MarshalYAML() (any, error) { return units.Base2Bytes(s).String(), nil }

// A Regexp is a regular expression (RE2 syntax). The embedded pointer is nil if
// there is none.
type Regexp struct {
	*regexp.Regexp
	err error // why there is none; Validate tells
}

// UnmarshalYAML compiles the expression.
func (r *Regexp) UnmarshalYAML(unmarshal func(any) error) error {
	var text string
	if err := unmarshal(&text); err != nil {
		return err
	}
	r.Regexp, r.err = regexp.Compile(text)
	return nil
}

// MarshalYAML returns the expression as it was written.
func (r Regexp) MarshalYAML() (any, error) {
	if r.Regexp == nil {
		return nil, nil
	}
	return r.String(), nil
}

// IsZero tells whether there is no expression.
func (r Regexp) IsZero() bool { return r.Regexp == nil && r.err == nil }

// A CEL is a condition on a JSON document, which it calls body, in the Common
// Expression Language. It is kept as text: whoever evaluates it compiles it.
type CEL struct {
	Expression string
	err        error // what is wrong with it; Validate tells
	odd        error // why it is no condition; likewise
}

// UnmarshalYAML checks the expression.
func (c *CEL) UnmarshalYAML(unmarshal func(any) error) error {
	if err := unmarshal(&c.Expression); err != nil {
		return err
	}
	c.odd, c.err = checkCEL(c.Expression)
	return nil
}

func checkCEL(expression string) (odd, err error) {
	env, err := cel.NewEnv(cel.Variable("body", cel.DynType))
	if err != nil {
		return nil, err
	}
	ast, issues := env.Compile(expression)
	if err := issues.Err(); err != nil {
		return nil, err
	}
	if of := ast.OutputType(); !of.IsExactType(cel.BoolType) && !of.IsExactType(cel.DynType) {
		odd = fmt.Errorf("it is of type %s, want bool", of)
	}
	return odd, nil
}

// MarshalYAML returns the expression as it was written.
func (c CEL) MarshalYAML() (any, error) { return c.Expression, nil }

// A Text is sent to the target, and may hold a password.
type Text string

// MarshalYAML hides it.
func (t Text) MarshalYAML() (any, error) {
	if t == "" {
		return "", nil
	}
	return hidden, nil
}

// Headers are the headers of a request, by name as it is written.
type Headers map[string]string

// Header returns them as they are sent. Of names that differ in case alone the
// last in the alphabet counts.
func (h Headers) Header() http.Header {
	out := make(http.Header, len(h)+1)
	for _, name := range slices.Sorted(maps.Keys(h)) {
		out.Set(name, h[name])
	}
	return out
}

// MarshalYAML hides the values of all but a few headers, because a credential
// may go by any name.
func (h Headers) MarshalYAML() (any, error) {
	harmless := []string{"Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Content-Type", "Host", "Origin", "User-Agent"}
	shown := make(map[string]string, len(h))
	for name, value := range h {
		if !slices.Contains(harmless, http.CanonicalHeaderKey(name)) {
			value = hidden
		}
		shown[name] = value
	}
	return shown, nil
}

// Metadata goes with a gRPC call, values by key.
type Metadata map[string][]string

// MarshalYAML hides the values.
func (m Metadata) MarshalYAML() (any, error) {
	shown := make(map[string]string, len(m))
	for key := range m {
		shown[key] = hidden
	}
	return shown, nil
}
