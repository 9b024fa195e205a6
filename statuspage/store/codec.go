// SPDX-License-Identifier: Apache-2.0

package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// Minutes are kept as bytes, a tenth of what JSON takes. A day is a version, and
// then by service: its name, how many lines it has, and of each the name of the node
// (empty: the service as a whole) and its minutes by state. Numbers are varints,
// names begin with their length. An interval is a version, and of each day its
// number since 1970, its length and its bytes.
const codecVersion = 1

var errCodec = errors.New("minutes are kept in a form that this program does not know")

// A spread is minutes by day since 1970, and by node; a service as a whole is a node
// without a name.
type spread map[int64]map[status.NodeID]statuspage.Minutes

func spreadOf(i statuspage.Intervals) spread {
	s := spread{}
	add := func(id status.NodeID, days map[time.Time]statuspage.Minutes) {
		for at, m := range days {
			day := dayOf(at)
			if s[day] == nil {
				s[day] = map[status.NodeID]statuspage.Minutes{}
			}
			s[day][id] = m
		}
	}
	for id, days := range i.Nodes {
		add(id, days)
	}
	for service, days := range i.Services {
		add(status.NodeID{Service: service}, days)
	}
	return s
}

const secondsOfDay = 24 * 60 * 60

// appendDay writes a day.
func appendDay(b []byte, day map[status.NodeID]statuspage.Minutes) []byte {
	ids := make([]status.NodeID, 0, len(day))
	lines := map[string]uint64{}
	for id := range day {
		ids = append(ids, id)
		lines[id.Service]++
	}
	slices.SortFunc(ids, status.NodeID.Compare)
	b = append(b, codecVersion)
	for i, id := range ids {
		if i == 0 || ids[i-1].Service != id.Service {
			b = appendText(b, id.Service)
			b = binary.AppendUvarint(b, lines[id.Service])
		}
		b = appendText(b, id.Node)
		for _, n := range day[id] {
			b = binary.AppendUvarint(b, uint64(n))
		}
	}
	return b
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// appendSpread writes an interval.
func appendSpread(b []byte, s spread) []byte {
	b = append(b, codecVersion)
	for day, minutes := range s {
		bytes := appendDay(nil, minutes)
		b = binary.AppendVarint(b, day)
		b = binary.AppendUvarint(b, uint64(len(bytes)))
		b = append(b, bytes...)
	}
	return b
}

// A reader reads what the functions above wrote. After the first error it has no
// bytes left.
type reader struct {
	b     []byte
	err   error
	names map[string]string // one copy of each
}

func newReader(b []byte, names map[string]string) *reader {
	r := &reader{b: b, names: names}
	if len(b) == 0 || b[0] != codecVersion {
		r.fail()
		return r
	}
	r.b = b[1:]
	return r
}

func (r *reader) fail() { r.b, r.err = nil, errCodec }

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

// bytes returns a part with its length before it.
func (r *reader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.fail()
		return nil
	}
	part := r.b[:n]
	r.b = r.b[n:]
	return part
}

func (r *reader) text() string {
	part := r.bytes()
	if name, ok := r.names[string(part)]; ok {
		return name
	}
	name := string(part)
	r.names[name] = name
	return name
}

func (r *reader) minutes() (m statuspage.Minutes) {
	for i := range m {
		n := r.uvarint()
		if n > math.MaxUint16 {
			r.fail()
		}
		m[i] = uint16(n) //nolint:gosec // just checked
	}
	return m
}

// A sink gathers intervals. Expected is how many days there may be.
type sink struct {
	into     statuspage.Intervals
	names    map[string]string
	expected int
}

func newSink(expected int) *sink {
	return &sink{
		into: statuspage.Intervals{
			Nodes:    map[status.NodeID]map[time.Time]statuspage.Minutes{},
			Services: map[string]map[time.Time]statuspage.Minutes{},
		},
		names: map[string]string{}, expected: expected,
	}
}

// day reads what appendDay wrote.
func (s *sink) day(number int64, b []byte) error {
	at := time.Unix(number*secondsOfDay, 0).UTC()
	r := newReader(b, s.names)
	for len(r.b) > 0 {
		service := r.text()
		for n := r.uvarint(); n > 0 && r.err == nil; n-- {
			node, minutes := r.text(), r.minutes()
			if r.err == nil {
				s.add(status.NodeID{Service: service, Node: node}, at, minutes)
			}
		}
	}
	if r.err != nil {
		return fmt.Errorf("day %s: %w", at.Format(time.DateOnly), r.err)
	}
	return nil
}

func (s *sink) add(id status.NodeID, at time.Time, m statuspage.Minutes) {
	days := s.into.Nodes[id]
	if id.Node == "" {
		days = s.into.Services[id.Service]
	}
	if days == nil {
		days = make(map[time.Time]statuspage.Minutes, s.expected)
		if id.Node == "" {
			s.into.Services[id.Service] = days
		} else {
			s.into.Nodes[id] = days
		}
	}
	days[at] = m
}

// spread reads what appendSpread wrote.
func (s *sink) spread(b []byte) error {
	r := newReader(b, nil)
	for len(r.b) > 0 {
		number, part := r.varint(), r.bytes()
		if r.err != nil {
			break
		}
		if err := s.day(number, part); err != nil {
			return err
		}
	}
	return r.err
}
