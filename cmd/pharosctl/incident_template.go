// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
)

// fromTemplate takes from the template what the command line does not say. Of an
// incident that is over it is not asked how far people were when it began.
func (c *incidentCmd) fromTemplate(ctx context.Context, text **string) error {
	if c.template == "" {
		return nil
	}
	t, err := c.findTemplate(ctx, c.template)
	if err != nil {
		return err
	}
	c.title, c.impact = cmp.Or(c.title, t.Title), cmp.Or(c.impact, string(t.Impact))
	if c.resolved == "" {
		c.phase = cmp.Or(c.phase, string(t.Phase))
	}
	if len(c.components) == 0 {
		for _, ref := range t.Components {
			c.components = append(c.components, ref.String())
		}
	}
	if *text == nil {
		*text = given(t.Text)
	}
	return nil
}
