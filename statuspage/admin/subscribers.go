// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

// subscribersPage is what subscribers.html shows.
type subscribersPage struct {
	frame
	All              []store.Subscriber
	Address          string // that was looked for
	Email, Webhook   bool   // whether they can subscribe so
	After            string // where the list goes on; "" if it does not
	Pages            bool   // there are several
	CountEM, CountWH int    // who have confirmed
}

func (a *Admin) subscribers(w http.ResponseWriter, r *http.Request, v *visit) error {
	p := &subscribersPage{
		frame:   a.newFrame(r, v, "Subscribers", "subscribers"),
		Address: strings.TrimSpace(r.URL.Query().Get("address")), Pages: len(v.config.Pages) > 0,
		Email: v.config.Subscribers.Email.Smarthost != "", Webhook: v.config.Subscribers.Webhooks.Enabled,
	}
	counts, err := a.Store.CountSubscribers(r.Context())
	if err := p.know(err); err != nil {
		return err
	}
	p.CountEM, p.CountWH = counts[store.ByEmail], counts[store.ByWebhook]
	if p.Address != "" {
		p.All, err = a.lookUp(r, v, p.Address)
	} else if p.All, err = a.Store.Subscribers(r.Context(), r.URL.Query().Get("after"), perPage+1); len(p.All) > perPage {
		p.All = p.All[:perPage]
		p.After = p.All[perPage-1].ID
	}
	if err := p.know(err); err != nil {
		return err
	}
	a.render(w, http.StatusOK, "subscribers", p)
	return nil
}

// lookUp returns the subscribers of an address, of all pages.
func (a *Admin) lookUp(r *http.Request, v *visit, address string) (all []store.Subscriber, err error) {
	for _, page := range v.config.All() {
		for _, kind := range []store.SubscriberKind{store.ByEmail, store.ByWebhook} {
			s, err := a.Store.SubscriberByAddress(r.Context(), page.ID, kind, address)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return all, err
			}
			all = append(all, s)
		}
	}
	return all, nil
}

// An exported subscriber is all that is kept of one. The secret of a webhook is not
// in it: whoever has that can forge what we send.
type exported struct {
	ID         string               `json:"id"`
	Page       string               `json:"page"`
	Kind       store.SubscriberKind `json:"kind"`
	Address    string               `json:"address"`
	Language   string               `json:"language"`
	Components []statuspage.Ref     `json:"components"`
	MajorOnly  bool                 `json:"major_only"`
	Confirmed  time.Time            `json:"confirmed,omitzero"`
	Created    time.Time            `json:"created"`
	Failures   int                  `json:"failures"`
}

func exportOf(s store.Subscriber) exported {
	return exported{
		ID: s.ID, Page: s.Page, Kind: s.Kind, Address: s.Address, Language: s.Language, Components: s.Components,
		MajorOnly: s.MajorOnly, Confirmed: s.Confirmed, Created: s.Created, Failures: s.Failures,
	}
}

// exportBatch is how many subscribers are read at a time.
const exportBatch = 500

func (a *Admin) exportSubscribers(w http.ResponseWriter, r *http.Request, _ *visit) error {
	all := []exported{}
	for after := ""; ; {
		batch, err := a.Store.Subscribers(r.Context(), after, exportBatch)
		if err != nil {
			return err
		}
		for _, s := range batch {
			all = append(all, exportOf(s))
		}
		if len(batch) < exportBatch {
			return download(w, "subscribers.json", map[string]any{"subscribers": all})
		}
		after = batch[len(batch)-1].ID
	}
}

func (a *Admin) exportSubscriber(w http.ResponseWriter, r *http.Request, _ *visit) error {
	s, err := a.Store.Subscriber(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return download(w, "subscriber.json", exportOf(s))
}

func download(w http.ResponseWriter, name string, v any) error {
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	_, _ = w.Write(append(body, '\n')) // whoever has gone needs no answer
	return nil
}

func (a *Admin) eraseSubscriber(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := a.Store.EraseSubscriber(r.Context(), v.user, r.PathValue("id")); err != nil {
		return err
	}
	done(w, r, "/admin/subscribers", "erased")
	return nil
}
