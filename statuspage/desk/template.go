// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

// MaxTemplates is how many templates there can be.
const MaxTemplates = 100

// Templates returns all templates by name.
func (d *Desk) Templates(ctx context.Context) (all []statuspage.Template, err error) {
	err = d.o.Store.Change(ctx, "", func(tx *store.Tx) error { // that changes nothing
		all, err = tx.Templates()
		return err
	})
	return all, err
}

// PutTemplate replaces a template, or makes a new one if the ID is empty. Its impact
// is minor and its phase investigating if it has none.
func (d *Desk) PutTemplate(ctx context.Context, author string, t statuspage.Template) (put statuspage.Template, err error) {
	err = d.change(ctx, author, func(tx *store.Tx) error {
		all, err := tx.Templates()
		if err != nil {
			return err
		}
		next := t
		at := slices.IndexFunc(all, func(x statuspage.Template) bool { return x.ID == t.ID })
		var there []statuspage.Ref
		switch {
		case t.ID == "" && len(all) >= MaxTemplates:
			return conflict(fmt.Sprintf("there are %d templates; delete one first", len(all)))
		case t.ID == "":
			next.ID = newID()
		case at < 0:
			return ErrNotFound
		default:
			there = all[at].Components
		}
		if err := d.checkTemplate(&next, there, all); err != nil {
			return err
		}
		put = next
		return tx.PutTemplate(next)
	})
	return onlyIf(put, err)
}

func (d *Desk) checkTemplate(t *statuspage.Template, there []statuspage.Ref, all []statuspage.Template) error {
	var f faults
	t.Name = f.title("name", &t.Name, "say what it is for")
	if t.Title != "" {
		t.Title = f.title("title", &t.Title, "leave it out, or begin the title of an incident")
	}
	t.Impact = oneOf(&f, "impact", cmp.Or(t.Impact, statuspage.ImpactMinor), statuspage.Impacts())
	t.Phase = oneOf(&f, "phase", cmp.Or(t.Phase, statuspage.Investigating), statuspage.IncidentPhases())
	t.Text = f.text("text", &t.Text, false)
	texts := make([]string, len(t.Components))
	for i, ref := range t.Components {
		texts[i] = ref.String()
	}
	t.Components = f.components(texts, there, d.o.Layout())
	if slices.ContainsFunc(all, func(other statuspage.Template) bool { return other.ID != t.ID && other.Name == t.Name }) {
		f.add("name", "is %s, as another template is called", quote(t.Name))
	}
	return f.err()
}

// DeleteTemplate deletes a template.
func (d *Desk) DeleteTemplate(ctx context.Context, author, id string) error {
	return d.changeOne(ctx, author, id, func(tx *store.Tx) error { return tx.DeleteTemplate(id) })
}
