// SPDX-License-Identifier: Apache-2.0

package server

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage/config"
)

// Somebody who asks for everything there is fills no memory, and takes nothing from
// those who look at the page.
func TestCacheForgetsWhatNobodyAsksForAgain(t *testing.T) {
	t.Parallel()
	const room, size = 100_000, 5_000
	c := newCache(generations*room, nil)
	body := make([]byte, (size-entrySize)/2)
	drawings := map[string]int{}
	get := func(name string) {
		key := resourceKey{name: name, language: "en"}
		e := c.entry(key, func() *entry { return &entry{} })
		if e.done.Load() == nil {
			drawings[name]++
			c.drawn(key, e, newResource(nil, body, typeText))
		}
	}
	for i := range 1000 {
		if i == 0 {
			get(frontPage)
		}
		get("/often")
		get(fmt.Sprintf("/badge/%d.svg", i))
		held := 0
		for range c.entries(func(resourceKey) bool { return true }) {
			held++
		}
		require.LessOrEqual(t, held, 2*room/size+2)
	}
	require.Equal(t, 1, drawings[frontPage], "nobody asked for it again, and yet it is there")
	require.Equal(t, 1, drawings["/often"])
	get("/badge/0.svg")
	require.Equal(t, 2, drawings["/badge/0.svg"])
}

func TestCacheTakesFromThePageBeforeOnce(t *testing.T) {
	t.Parallel()
	before := newCache(1_000_000, nil)
	key := resourceKey{name: "/a"}
	e := before.entry(key, func() *entry { return &entry{} })
	r := newResource(nil, []byte("a"), typeText)
	before.drawn(key, e, r)
	c := newCache(1_000_000, before)
	require.Same(t, r, c.earlier(key))
	require.Nil(t, c.earlier(key))

	c = newCache(3, before)
	e = c.entry(key, func() *entry { return &entry{} })
	c.drawn(key, e, r)
	require.Nil(t, c.before, "there is no more room")
}

// All pages share one bound.
func TestPagesShareTheRoom(t *testing.T) {
	t.Parallel()
	all := shownOf(t, readingOf(status.Healthy), func(c *config.Config) { c.Pages = []config.Page{{ID: "a"}, {ID: "b"}, {ID: "c"}} })
	total := int64(0)
	for _, s := range all.sites {
		require.Equal(t, http.StatusOK, ask(s, http.MethodGet, "/").Code)
		total += generations * s.cache.room
	}
	require.LessOrEqual(t, total, int64(maxCached))
}
