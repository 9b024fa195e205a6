// SPDX-License-Identifier: Apache-2.0

package server

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
	"github.com/pharos-status/pharos/statuspage/subscribe"
	"github.com/pharos-status/pharos/statuspage/view"
)

// How often an address may ask for a subscription.
const (
	signupsAtOnce = 5
	signupEvery   = time.Minute
)

// byToken tells whether a path is for those who hold the link of a subscription. They
// have been let in once, and must find out again also where a page is private.
func byToken(path string) bool {
	return path == "/subscribe/confirm" || path == "/subscribe/manage" || path == "/unsubscribe"
}

// subscriptions answers at the paths of subscriptions. It returns false at others, and
// where there are none.
func (s *Server) subscriptions(v *visit, path string) bool {
	var serve func(*visit, string)
	switch path {
	case "/subscribe":
		serve = s.signUp
	case "/subscribe/confirm":
		serve = s.confirm
	case "/subscribe/manage":
		serve = s.manage
	case "/unsubscribe":
		serve = s.unsubscribe
	default:
		return false
	}
	if !v.takes("GET, HEAD, POST", http.MethodGet, http.MethodHead, http.MethodPost) {
		return true
	}
	s.sameOrigin.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			serve(v, r.URL.Query().Get("token"))
		} else if v.form() {
			serve(v, r.Form.Get("token")) // of a form, or of the link that a mail program posts to
		}
	})).ServeHTTP(v.w, v.r)
	return true
}

func (v *visit) subscribePage(code int, state view.SubscribeState) {
	page := v.site.page
	if v.site.face.gate != nil && state.Step != view.SubscribeForm && state.Step != view.SubscribeEdit {
		page = v.site.face.blank()
	}
	if state.Step == view.SubscribeEdit && !v.admitted() {
		page = chosenOf(page, state.Chosen)
	}
	v.show(code, func(w io.Writer, o view.Options) error { return view.SubscribePage(w, page, state, o) })
}

// signUp shows the forms that begin a subscription, and takes them.
func (s *Server) signUp(v *visit, _ string) {
	if v.r.Method != http.MethodPost {
		v.subscribePage(http.StatusOK, view.SubscribeState{Step: view.SubscribeForm})
		return
	}
	if wait, ok := s.signups.allow(v.address()); !ok {
		s.metrics.limited.Inc()
		v.later(wait)
		return
	}
	form := v.r.PostForm
	state := view.SubscribeState{
		Step: view.SubscribeForm, Kind: form.Get("kind"), Email: form.Get("email"), URL: form.Get("url"), Major: form.Get("major") != "",
	}
	in := subscribe.Signup{
		Page: v.site.face.id, Kind: store.ByEmail, Address: state.Email, Language: v.options().Words.Tag, MajorOnly: state.Major,
	}
	if state.Kind == string(store.ByWebhook) {
		in.Kind, in.Address = store.ByWebhook, state.URL
	}
	var err error
	if state.Chosen, err = refs(form["component"]); err == nil {
		in.Components = state.Chosen
		err = s.subscribers.Subscribe(v.r.Context(), in)
	}
	if err != nil {
		s.refuse(v, err, state)
		return
	}
	v.subscribePage(http.StatusOK, view.SubscribeState{Step: view.SubscribeSent, Kind: state.Kind})
}

// refs reads the components that were chosen.
func refs(texts []string) ([]statuspage.Ref, error) {
	all := make([]statuspage.Ref, 0, len(texts))
	for _, text := range texts {
		r, err := statuspage.ParseRef(text)
		if err != nil {
			return nil, subscribe.ErrComponent
		}
		all = append(all, r)
	}
	return all, nil
}

// admitted tells whether the visitor may see the page, which a link alone does not say.
func (v *visit) admitted() bool {
	return v.site.face.gate == nil || v.site.face.gate.admits(v.r)
}

func isPart(of, all []statuspage.Ref) bool {
	return !slices.ContainsFunc(of, func(r statuspage.Ref) bool { return !slices.Contains(all, r) })
}

// chosenOf returns the page with nothing but components that were chosen.
func chosenOf(p statuspage.Page, chosen []statuspage.Ref) statuspage.Page {
	var services []statuspage.Service
	for _, s := range p.Services {
		whole := slices.Contains(chosen, statuspage.Ref{Service: s.ID})
		nodes := s.Nodes
		s.Nodes = nil
		for _, n := range nodes {
			if slices.Contains(chosen, statuspage.Ref{Service: s.ID, Node: n.ID}) {
				s.Nodes = append(s.Nodes, n)
			}
		}
		if whole || len(s.Nodes) > 0 {
			services = append(services, s)
		}
	}
	p.Services = services
	return p
}

// subscriber returns whose link holds the token, or [subscribe.ErrToken]. The links of
// one page say nothing on another, which may be private.
func (s *Server) subscriber(v *visit, token string) (store.Subscriber, error) {
	x, err := s.subscribers.Find(v.r.Context(), token)
	if err == nil && x.Page != v.site.face.id {
		return store.Subscriber{}, subscribe.ErrToken
	}
	return x, err
}

func (s *Server) confirm(v *visit, token string) {
	ctx := v.r.Context()
	before, err := s.subscriber(v, token)
	if err != nil {
		s.refuse(v, err, view.SubscribeState{})
		return
	}
	state := view.SubscribeState{Step: view.SubscribeAsk, Token: token, Kind: string(before.Kind)}
	if v.r.Method == http.MethodPost {
		if _, err := s.subscribers.Confirm(ctx, token); err != nil {
			s.refuse(v, err, view.SubscribeState{})
			return
		}
		state.Step = view.SubscribeDone
		if before.Kind == store.ByWebhook && before.Confirmed.IsZero() {
			state.Secret = before.Secret
		}
	}
	v.subscribePage(http.StatusOK, state)
}

func (s *Server) manage(v *visit, token string) {
	ctx := v.r.Context()
	x, err := s.subscriber(v, token)
	state := view.SubscribeState{Step: view.SubscribeEdit, Token: token}
	state.Chosen = x.Components
	if err == nil && v.r.Method == http.MethodPost {
		var chosen []statuspage.Ref
		if chosen, err = refs(v.r.PostForm["component"]); err == nil && !v.admitted() && !isPart(chosen, x.Components) {
			err = subscribe.ErrComponent
		}
		if err == nil {
			x, err = s.subscribers.Change(ctx, token, chosen, v.r.PostForm.Get("major") != "")
			state.Saved = err == nil
		}
	}
	if err != nil {
		s.refuse(v, err, state)
		return
	}
	state.Kind, state.Chosen, state.Major = string(x.Kind), x.Components, x.MajorOnly
	v.subscribePage(http.StatusOK, state)
}

func (s *Server) unsubscribe(v *visit, token string) {
	ctx := v.r.Context()
	state := view.SubscribeState{Step: view.Unsubscribe, Token: token}
	_, err := s.subscriber(v, token)
	if err == nil && v.r.Method == http.MethodPost {
		state = view.SubscribeState{Step: view.Unsubscribed}
		err = s.subscribers.Unsubscribe(ctx, token)
	}
	if err != nil {
		s.refuse(v, err, view.SubscribeState{})
		return
	}
	v.subscribePage(http.StatusOK, state)
}

// refuse says why something about a subscription can't be: beside the field, if state
// has a form, or on a page of its own.
func (s *Server) refuse(v *visit, err error, state view.SubscribeState) {
	say := v.options().Words.Text
	page := v.site.face.blank()
	switch {
	case errors.Is(err, subscribe.ErrAddress):
		state.Errors = map[string]string{"email": say("subscribe.error.address")}
		if state.Kind == string(store.ByWebhook) {
			state.Errors = map[string]string{"url": say("subscribe.error.url")}
		}
		v.subscribePage(http.StatusUnprocessableEntity, state)
	case errors.Is(err, subscribe.ErrComponent):
		state.Errors = map[string]string{"component": say("subscribe.error.component")}
		v.subscribePage(http.StatusUnprocessableEntity, state)
	case errors.Is(err, subscribe.ErrToken):
		v.problem(http.StatusNotFound, page, "refused.link.title", "refused.link.text")
	case errors.Is(err, subscribe.ErrOff):
		v.site.serveNotFound(v.w, v.r)
	case errors.Is(err, subscribe.ErrFull):
		v.problem(http.StatusServiceUnavailable, page, "refused.later.title", "refused.full.text")
	default:
		if !errors.Is(err, store.ErrAway) {
			s.o.Logger.Error("A subscription can't be changed", "err", err)
		}
		retryAfter(v.w, time.Minute)
		v.problem(http.StatusServiceUnavailable, page, "refused.later.title", "refused.away.text")
	}
}

// subscribedPage returns what messages need to know of a page.
func (s *Server) subscribedPage(id string) (subscribe.Page, bool) {
	one := s.gallery.shown.Load().byID(id)
	if one == nil {
		return subscribe.Page{}, false
	}
	p := one.page
	return subscribe.Page{
		Title: p.Brand.Title, URL: strings.TrimRight(p.Brand.URL, "/"), Language: p.Language,
		Shows: func(r statuspage.Ref) bool { return labelOf(&p, r) != "" },
		Label: func(r statuspage.Ref) string { return labelOf(&p, r) },
	}, true
}

// labelOf returns how people call a component, nothing if the page does not have it.
func labelOf(p *statuspage.Page, r statuspage.Ref) string {
	switch s, n := p.Find(r); {
	case s == nil:
		return ""
	case n == nil:
		return s.Label
	default:
		return s.Label + " – " + n.Label
	}
}
