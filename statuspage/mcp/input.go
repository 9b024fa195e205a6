// SPDX-License-Identifier: Apache-2.0

package mcp

import (
	"context"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/pharos-status/pharos/statuspage"
)

// What the tools are asked with. Everything may be left out but the component.
type (
	reportInput     struct{}
	componentsInput struct {
		Service string `json:"service,omitempty" jsonschema:"only the components of the service with this id"`
		Status  string `json:"status,omitempty" jsonschema:"only components with this status"`
		Limit   int    `json:"limit,omitempty" jsonschema:"how many to list, 50 if left out"`
		Offset  int    `json:"offset,omitempty" jsonschema:"how many to skip"`
	}
	incidentsInput struct {
		Open   bool `json:"open,omitempty" jsonschema:"only incidents that go on"`
		Major  bool `json:"major,omitempty" jsonschema:"only incidents of impact major or critical"`
		Limit  int  `json:"limit,omitempty" jsonschema:"how many to list, 10 if left out"`
		Offset int  `json:"offset,omitempty" jsonschema:"how many to skip"`
	}
	historyInput struct {
		Component string `json:"component" jsonschema:"the id of a component as list_components has it, or of a service"`
		Days      int    `json:"days,omitempty" jsonschema:"how many days up to today, 30 if left out"`
	}
)

// The bounds of what the tools are asked with.
const (
	maxID         = 700 // two names of 200 bytes, with their slashes escaped
	maxComponents = 100
	maxIncidents  = 20
	maxDays       = 90
	maxOffset     = 100_000
)

// inputs are the schemas of the inputs, which the SDK holds callers to.
type inputs struct{ report, components, incidents, history *jsonschema.Schema }

func newInputs() inputs {
	in := inputs{schema[reportInput](), schema[componentsInput](), schema[incidentsInput](), schema[historyInput]()}
	in.components.Properties["service"].MaxLength = new(maxID)
	in.components.Properties["status"].Enum = []any{"healthy", "sick", "dead", "unknown"}
	bound(in.components, "limit", 1, maxComponents)
	bound(in.components, "offset", 0, maxOffset)
	bound(in.incidents, "limit", 1, maxIncidents)
	bound(in.incidents, "offset", 0, maxOffset)
	in.history.Properties["component"].MaxLength = new(maxID)
	bound(in.history, "days", 1, maxDays)
	return in
}

func schema[T any]() *jsonschema.Schema {
	s, err := jsonschema.For[T](nil)
	if err != nil {
		panic(err) // the types are ours: it has no reason to
	}
	return s
}

func bound(s *jsonschema.Schema, property string, least, most float64) {
	s.Properties[property].Minimum, s.Properties[property].Maximum = new(least), new(most)
}

// answer makes a tool of a function of the page. Its errors are told to the caller.
func answer[In, Out any](p statuspage.Page, f func(statuspage.Page, In) (Out, error)) mcp.ToolHandlerFor[In, Out] {
	return func(_ context.Context, _ *mcp.CallToolRequest, in In) (*mcp.CallToolResult, Out, error) {
		out, err := f(p, in)
		return nil, out, err
	}
}

// part returns the part of a list that is asked for.
func part[T any](all []T, offset, limit, usual int) []T {
	if limit == 0 {
		limit = usual
	}
	all = all[min(offset, len(all)):]
	return all[:min(limit, len(all))]
}
