// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"fmt"

	"github.com/google/cel-go/cel"
)

// A CEL is an expression in the Common Expression Language over a JSON document,
// which it sees as body. It is safe for concurrent use: many probers share one.
type CEL struct {
	text    string
	program cel.Program
}

// celCheckEvery is after how many turns of a comprehension an evaluation looks
// whether its time is up.
const celCheckEvery = 100

// NewCEL compiles an expression, which must be a boolean or of a type that only a
// document decides. Its error says where the expression is wrong.
func NewCEL(expression string) (*CEL, error) {
	env, err := cel.NewEnv(cel.Variable("body", cel.DynType))
	if err != nil {
		return nil, fmt.Errorf("prepare CEL: %w", err)
	}
	ast, issues := env.Compile(expression)
	if err := issues.Err(); err != nil {
		return nil, fmt.Errorf("compile the CEL expression %q: %w", expression, err)
	}
	program, err := env.Program(ast, cel.InterruptCheckFrequency(celCheckEvery))
	if err != nil {
		return nil, fmt.Errorf("prepare the CEL expression %q: %w", expression, err)
	}
	return &CEL{expression, program}, nil
}

// String returns the expression.
func (c *CEL) String() string { return c.text }

// holds tells whether the expression is true of a document, as decoded by
// encoding/json.
func (c *CEL) holds(ctx context.Context, body any) (bool, error) {
	value, _, err := c.program.ContextEval(ctx, map[string]any{"body": body})
	if err != nil {
		return false, fmt.Errorf("evaluate %q: %w", c.text, err)
	}
	is, ok := value.Value().(bool)
	if !ok {
		return false, fmt.Errorf("evaluate %q: it is of type %s, want bool", c.text, value.Type().TypeName())
	}
	return is, nil
}
