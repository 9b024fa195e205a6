// SPDX-License-Identifier: Apache-2.0

package server

import (
	"sync"
	"sync/atomic"
)

// maxCached bounds the memory of what is drawn of all pages, in bytes; see [cache].
const maxCached = 32 << 20

// A cache holds what has been drawn of one page at one moment, in two generations: once
// the young one has no more room it becomes the old one, and what was old is forgotten.
// So whatever is asked for again and again stays, and what somebody asks for once, be it
// everything there is, goes. Front pages always stay: there are as many as languages. It
// is safe for concurrent use.
type cache struct {
	room int64 // of a generation, in bytes

	mu         sync.Mutex
	young, old map[resourceKey]*entry
	size       int64                     // of what is young, without front pages
	before     map[resourceKey]*resource // what was drawn of the page before it, until there is no more room
}

type resourceKey struct {
	name, language string
	chosen         bool // the visitor chose the language, and links keep it
}

// frontPage is the name of the resources that are never forgotten.
const frontPage = "/"

// An entry is a resource that is drawn when it is first asked for.
type entry struct {
	draw func() (*resource, error)
	done atomic.Pointer[resource]
	used [codings]atomic.Bool // the forms that were asked for
	size int64                // 0: not drawn yet; guarded by the cache
}

// entrySize is about what an entry takes besides its bytes.
const entrySize = 1000

// generations is how many as large as the room there may be of a page: two, or a young
// one and what the page before it had.
const generations = 3

func newCache(total int64, before *cache) *cache {
	c := &cache{room: total / generations, young: map[resourceKey]*entry{}}
	if before != nil {
		c.before = before.resources()
	}
	return c
}

// resources returns what has been drawn until now.
func (c *cache) resources() map[resourceKey]*resource {
	all := map[resourceKey]*resource{}
	for key, e := range c.entries(func(resourceKey) bool { return true }) {
		if r := e.done.Load(); r != nil {
			all[key] = r
		}
	}
	return all
}

// entries returns those whose keys are wanted.
func (c *cache) entries(wanted func(resourceKey) bool) map[resourceKey]*entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := map[resourceKey]*entry{}
	for _, generation := range []map[resourceKey]*entry{c.old, c.young} {
		for key, e := range generation {
			if wanted(key) {
				all[key] = e
			}
		}
	}
	return all
}

// entry returns the one of a key; it is made if there is none.
func (c *cache) entry(key resourceKey, made func() *entry) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, known := c.young[key]
	if known {
		return e
	}
	if e, known = c.old[key]; known {
		delete(c.old, key)
	} else {
		e = made()
	}
	c.young[key] = e
	c.countLocked(key, e.size)
	return e
}

// drawn counts what an entry takes.
func (c *cache) drawn(key resourceKey, e *entry, r *resource) {
	e.done.Store(r)
	c.mu.Lock()
	defer c.mu.Unlock()
	e.size = r.size() + int64(len(key.name)) + entrySize
	if c.young[key] == e {
		c.countLocked(key, e.size)
	}
}

func (c *cache) countLocked(key resourceKey, size int64) {
	if key.name == frontPage {
		return
	}
	if c.size += size; c.size <= c.room {
		return
	}
	c.young, c.old, c.size, c.before = map[resourceKey]*entry{}, c.young, 0, nil
	for key, e := range c.old {
		if key.name == frontPage {
			c.young[key] = e
			delete(c.old, key)
		}
	}
}

// forget forgets what could not be drawn.
func (c *cache) forget(key resourceKey, e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, generation := range []map[resourceKey]*entry{c.young, c.old} {
		if generation[key] == e {
			delete(generation, key)
		}
	}
}

// earlier returns what the page before this one had, once: it is the same now, or of no
// use any more.
func (c *cache) earlier(key resourceKey) *resource {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.before[key]
	delete(c.before, key)
	return r
}
