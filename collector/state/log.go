// SPDX-License-Identifier: Apache-2.0

package state

import (
	"encoding/binary"
	"iter"
	"time"

	"github.com/pharos-status/pharos/collector/probe"
)

// maxLogBytes bounds a packed log.
const maxLogBytes = 1 << 10

// A Log is the log of a probe, packed into one string: it is kept of each
// replica, and seldom read. The zero Log is empty.
type Log string

// MakeLog packs the events of a probe: as many of the first as there is room for
// in 1 KiB, the texts cut where one alone is too long.
func MakeLog(events []probe.Event) Log {
	var room [maxLogBytes]byte
	packed := room[:0]
	for _, e := range events {
		next := binary.AppendUvarint(packed, uint64(max(e.After, 0)/time.Microsecond))
		for _, text := range [...]string{e.What, clipTo(e.Detail, maxLogBytes/4)} {
			next = binary.AppendUvarint(next, uint64(len(text)))
			next = append(next, text...)
		}
		if len(next) > maxLogBytes {
			break
		}
		packed = next
	}
	return Log(packed)
}

// All yields the events in order, their times in whole microseconds.
func (l Log) All() iter.Seq[probe.Event] {
	return func(yield func(probe.Event) bool) {
		for rest := l; rest != ""; {
			e := probe.Event{After: time.Duration(rest.number()) * time.Microsecond, What: rest.text(), Detail: rest.text()}
			if !yield(e) {
				return
			}
		}
	}
}

// number takes a number off the front of the log.
func (l *Log) number() uint64 {
	var n uint64
	for shift := 0; *l != ""; shift += 7 {
		b := (*l)[0]
		*l = (*l)[1:]
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			break
		}
	}
	return n
}

// text takes a text off the front of the log.
func (l *Log) text() string {
	n := min(l.number(), uint64(len(*l)))
	text := string((*l)[:n])
	*l = (*l)[n:]
	return text
}
