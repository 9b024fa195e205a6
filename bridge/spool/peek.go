// SPDX-License-Identifier: Apache-2.0

package spool

// A Head is what the index knows of a lane in which something waits.
type Head struct {
	Entry         // the next one, without its payload; its Attempts are those that were begun
	Size    int64 // of the payload, in bytes
	Waiting int   // how many wait in the lane, this one included
}

// Peek tells what Take would return, without taking it and without the disk; false if
// that is nothing. The next one may be another one already: this one may be overtaken.
func (s *Spool) Peek(lane Lane) (Head, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.index.head(lane)
	if e == nil {
		return Head{}, false
	}
	return Head{
		Entry: Entry{
			ID: e.id, Lane: e.lane, Key: s.key(e),
			Accepted: moment(e.of.Accepted), Since: moment(e.since), Attempts: e.attempts, Unsure: e.unsure,
		},
		Size: e.of.size, Waiting: len(s.index.lanes[lane].queue),
	}, true
}
