// SPDX-License-Identifier: Apache-2.0

package subscribe_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/store"
	"github.com/pharos-status/pharos/statuspage/subscribe"
)

func TestSubscribeRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, address := range []string{
		"", "anna", "anna@localhost", "Anna <anna@example.com>", "anna@example.com\r\nBcc: x@example.com", "änna@example.com", "a@b@c.example", "anna@[127.0.0.1]", strings.Repeat("a", 250) + "@example.com",
	} {
		require.ErrorIs(t, r.Subscribe(t.Context(), signup(address)), subscribe.ErrAddress, address)
	}
	unknown := signup(anna)
	unknown.Page = "other"
	require.ErrorIs(t, r.Subscribe(t.Context(), unknown), subscribe.ErrOff)
	hidden := signup(anna)
	hidden.Components = []statuspage.Ref{{Service: "secret"}}
	require.ErrorIs(t, r.Subscribe(t.Context(), hidden), subscribe.ErrComponent)
	r.change(func(c *config.Subscribers) { c.Max = 0 })
	require.ErrorIs(t, r.Subscribe(t.Context(), signup(anna)), subscribe.ErrFull)
	r.change(func(c *config.Subscribers) { c.Email.Smarthost = "" })
	require.ErrorIs(t, r.Subscribe(t.Context(), signup(anna)), subscribe.ErrOff)
}

// TestAskingAgain: whoever knows an address can't fill its mailbox.
func TestAskingAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.run()
	for range 5 {
		require.NoError(t, r.Subscribe(t.Context(), signup(anna)))
	}
	r.box.next(t)
	require.NoError(t, r.Subscribe(t.Context(), signup("last@example.com")))
	require.Equal(t, "last@example.com", r.box.next(t).to)
	require.Empty(t, r.box.mails)
}

// TestChosenAgain: until it is confirmed, what was chosen last counts.
func TestChosenAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	in := signup(anna)
	in.MajorOnly = true
	require.NoError(t, r.Subscribe(t.Context(), in))
	in.MajorOnly, in.Language, in.Components = false, "fr", []statuspage.Ref{{Service: "web"}}
	chosen := func() store.Subscriber {
		require.NoError(t, r.Subscribe(t.Context(), in))
		x, err := r.store.SubscriberByAddress(t.Context(), "main", store.ByEmail, anna)
		require.NoError(t, err)
		return x
	}
	x := chosen()
	require.Equal(t, []any{false, "fr", in.Components}, []any{x.MajorOnly, x.Language, x.Components})
	_, err := r.Confirm(t.Context(), subscribe.Token(x))
	require.NoError(t, err)
	in.MajorOnly = true
	require.False(t, chosen().MajorOnly, "anybody may have asked")
}

// TestRoomForThoseWhoWait: nobody fills the store with addresses of others.
func TestRoomForThoseWhoWait(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.change(func(c *config.Subscribers) { c.Max = 2 })
	require.NoError(t, r.Subscribe(t.Context(), signup("a@example.com")))
	_, err := r.Confirm(t.Context(), r.token(store.ByEmail, "a@example.com"))
	require.NoError(t, err)
	require.NoError(t, r.Subscribe(t.Context(), signup("b@example.com")))
	require.ErrorIs(t, r.Subscribe(t.Context(), signup("c@example.com")), subscribe.ErrFull)
	require.NoError(t, r.Subscribe(t.Context(), signup("b@example.com")))
	_, err = r.Confirm(t.Context(), r.token(store.ByEmail, "b@example.com"))
	require.NoError(t, err)
}

func TestTokens(t *testing.T) {
	t.Parallel()
	r := subscribed(t, signup(anna))
	token := r.token(store.ByEmail, anna)
	for _, wrong := range []string{"", ".", "x", token[:len(token)-1], token + "A", "a" + token, strings.Repeat("a", 200), strings.Replace(token, ".", "..", 1)} {
		_, err := r.Find(t.Context(), wrong)
		require.ErrorIs(t, err, subscribe.ErrToken, wrong)
	}
	x, err := r.Change(t.Context(), token, []statuspage.Ref{{Service: "web", Node: "b"}, {Service: "web", Node: "a"}, {Service: "web", Node: "b"}}, true)
	require.NoError(t, err)
	require.Equal(t, []statuspage.Ref{{Service: "web", Node: "a"}, {Service: "web", Node: "b"}}, x.Components)
	require.True(t, x.MajorOnly)
	_, err = r.Change(t.Context(), token, []statuspage.Ref{{Service: "secret"}}, true)
	require.ErrorIs(t, err, subscribe.ErrComponent)
}
