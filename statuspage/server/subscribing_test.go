// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage/store"
	"github.com/pharos-status/pharos/statuspage/subscribe"
)

const pagesToSubscribe = `
branding: {page_url: "https://open.example.com/"}
select: ['service!="web"']
subscribers: {webhooks: {enabled: true, allow_private: true}}
pages:
- {id: hidden, hosts: [hidden.example.com], access: {password: open sesame}}
`

// subscriberOf makes a subscriber of a page, and returns the token of their links.
func subscriberOf(t *testing.T, s *Server, page string) string {
	t.Helper()
	x := store.Subscriber{
		ID: "subscriber" + page, Page: page, Kind: store.ByWebhook, Address: "https://hook.example.com/" + page, Secret: "whsec_AAAA",
		Created: time.Now(), Confirmed: time.Now(),
	}
	require.NoError(t, s.store.PutSubscriber(t.Context(), "subscriber", x))
	return subscribe.Token(x)
}

// What a link of one page opens on another, which may be private, is nothing.
func TestLinksAreOfOnePage(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t, pagesToSubscribe)
	with(s, answering(status.Dead))
	start(t, s)
	const canary = "Programming interface"
	require.Eventually(t, func() bool {
		shown := s.gallery.shown.Load().byID("hidden")
		return shown != nil && len(shown.page.Services) > 0
	}, waitAtMost, waitEvery)
	tokens := map[string]string{"open.example.com": subscriberOf(t, s, "main"), "hidden.example.com": subscriberOf(t, s, "hidden")}
	for host := range tokens {
		for of, token := range tokens {
			for _, path := range []string{"/subscribe/manage", "/subscribe/confirm", "/unsubscribe"} {
				for _, method := range []string{http.MethodGet, http.MethodPost} {
					if of == host && method == http.MethodPost {
						continue // does what it says
					}
					r := httptest.NewRequest(method, path+"?token="+url.QueryEscape(token), nil)
					r.Host = host
					if method == http.MethodPost {
						r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
					}
					w := httptest.NewRecorder()
					s.Public().ServeHTTP(w, r)
					if of == host {
						require.Equal(t, http.StatusOK, w.Code, "%s of %s: %s", path, host, w.Body)
						continue
					}
					require.Equal(t, http.StatusNotFound, w.Code, "%s %s of %s at %s", method, path, of, host)
					require.NotContains(t, w.Body.String(), canary)
				}
			}
		}
	}
	all, err := s.store.Subscribers(t.Context(), "", 10)
	require.NoError(t, err)
	require.Len(t, all, 2)
}

// Whoever has a link to a private page, and can no longer log in, sees what they chose
// and nothing else.
func TestManagingOfAPrivatePageTellsNothingNew(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t, pagesToSubscribe)
	with(s, answering(status.Dead))
	start(t, s)
	require.Eventually(t, func() bool {
		shown := s.gallery.shown.Load().byID("hidden")
		return shown != nil && len(shown.page.Services) > 0
	}, waitAtMost, waitEvery)
	token := subscriberOf(t, s, "hidden")
	path := "/subscribe/manage?token=" + url.QueryEscape(token)
	send := func(method, form string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(form))
		r.Host = "hidden.example.com"
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		s.Public().ServeHTTP(w, r)
		return w
	}
	cookie := s.gallery.shown.Load().byID("hidden").face.gate.cookie(false).String()
	require.NotContains(t, send(http.MethodGet, "").Body.String(), "Web")
	require.Contains(t, send(http.MethodGet, "", "Cookie", cookie).Body.String(), "Web")
	for _, guess := range []string{"web", "web/api", "none"} {
		require.Equal(t, http.StatusUnprocessableEntity, send(http.MethodPost, "component="+guess).Code, "nor by guessing")
	}
	require.Equal(t, http.StatusOK, send(http.MethodPost, "component=web", "Cookie", cookie).Code)
	require.Contains(t, send(http.MethodGet, "").Body.String(), `value="web" checked`, "what was chosen")
	require.Equal(t, http.StatusOK, send(http.MethodPost, "component=web&major=on").Code)
	x, err := s.subscribers.Find(t.Context(), token)
	require.NoError(t, err)
	require.True(t, x.MajorOnly)
}
