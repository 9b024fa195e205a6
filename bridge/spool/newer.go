// SPDX-License-Identifier: Apache-2.0

package spool

// Newer tells whether newer word of the group of an entry was accepted for its channel.
func (s *Spool) Newer(taken *Entry) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.index.entries[taken.ID]
	return e != nil && e.of.Newer
}

func groupOf(channel, group string) noteKey { return keyOf(channel, "group", group) }

// found notes that a submission is there. Each knows itself whether it has newer word, so
// that this is known for as long as there is anything of it, and no longer.
func (x *index) found(n *submission) {
	if n.Group == "" || n.Newer || n.newing {
		return
	}
	key := groupOf(n.Channel, n.Group)
	if other := x.newest[key]; other == nil || other.id < n.id {
		x.newest[key] = n
	}
}

// lost notes that a submission is there no more.
func (x *index) lost(n *submission) {
	if n.Group == "" {
		return
	}
	if key := groupOf(n.Channel, n.Group); x.newest[key] == n {
		delete(x.newest, key)
	}
}

// age notes that the newest of a group is about to have newer word, and returns it; nil if
// there is none.
func (x *index) age(channel, group string, b *batch) *submission {
	if group == "" {
		return nil
	}
	n := x.newest[groupOf(channel, group)]
	if n != nil {
		n.newing, n.changed = true, true
		x.lost(n)
		b.touch(n.id)
	}
	return n
}

// aged ends what age began.
func (x *index) aged(n *submission, written bool) {
	if n == nil {
		return
	}
	n.newing = false
	if written {
		n.Newer = true
	} else if x.submissions[n.id] == n {
		x.found(n)
	}
}
