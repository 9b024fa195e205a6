// SPDX-License-Identifier: Apache-2.0

package push

import (
	"encoding/json"
	"strconv"
)

// fields are what a report may hold.
type fields struct {
	replica, health, reason string
	interval, cpu, ram      float64
	has                     has
}

// A has says which of the fields there are.
type has uint8

const (
	hasReplica has = 1 << iota
	hasInterval
	hasLoad
	hasCPU
	hasRAM
	hasHealth
	hasReason
)

// scan reads the body of a report in the form that clients send: the fields that
// there are, each at most once and in any order, their texts without escapes. It
// is what makes a report cheap. What it does not know in and out it leaves to
// encoding/json, and returns false; data must be valid UTF-8.
func scan(data []byte) (f fields, ok bool) {
	s := scanner{rest: data}
	ok = s.object(func(key []byte) bool {
		switch string(key) {
		case "replica":
			return f.once(hasReplica) && s.text(&f.replica)
		case "interval":
			return f.once(hasInterval) && s.number(&f.interval)
		case "health":
			return f.once(hasHealth) && s.text(&f.health)
		case "reason":
			return f.once(hasReason) && s.text(&f.reason)
		case "load":
			return f.once(hasLoad) && s.object(func(key []byte) bool { return f.load(&s, key) })
		}
		return false
	})
	s.space()
	return f, ok && len(s.rest) == 0
}

// load reads a value of the load.
func (f *fields) load(s *scanner, key []byte) bool {
	switch string(key) {
	case "cpu":
		return f.once(hasCPU) && s.number(&f.cpu)
	case "ram":
		return f.once(hasRAM) && s.number(&f.ram)
	}
	return false
}

// once notes that a field is there, and tells whether that is new.
func (f *fields) once(field has) bool {
	fresh := f.has&field == 0
	f.has |= field
	return fresh
}

// A scanner takes JSON off the front of rest. Its methods return false where it
// is something else, or something unusual.
type scanner struct{ rest []byte }

func (s *scanner) space() {
	for len(s.rest) > 0 {
		switch s.rest[0] {
		case ' ', '\t', '\r', '\n':
			s.rest = s.rest[1:]
		default:
			return
		}
	}
}

// next takes a character off, and the space before it.
func (s *scanner) next(c byte) bool {
	s.space()
	if len(s.rest) == 0 || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// object reads an object, whose values member reads.
func (s *scanner) object(member func(key []byte) bool) bool {
	if !s.next('{') {
		return false
	}
	for {
		key, ok := s.quoted()
		if !ok || !s.next(':') || !member(key) {
			return false
		}
		if s.next('}') {
			return true
		}
		if !s.next(',') {
			return false
		}
	}
}

// quoted reads a text without escapes.
func (s *scanner) quoted() ([]byte, bool) {
	if !s.next('"') {
		return nil, false
	}
	for i, c := range s.rest {
		switch {
		case c == '"':
			text := s.rest[:i]
			s.rest = s.rest[i+1:]
			return text, true
		case c == '\\', c < ' ':
			return nil, false
		}
	}
	return nil, false
}

func (s *scanner) text(to *string) bool {
	text, ok := s.quoted()
	*to = string(text)
	return ok
}

func (s *scanner) number(to *float64) bool {
	s.space()
	end := 0
	for end < len(s.rest) && isOfNumber(s.rest[end]) {
		end++
	}
	number := s.rest[:end]
	s.rest = s.rest[end:]
	if !json.Valid(number) { // as strconv knows numbers that JSON has not
		return false
	}
	v, err := strconv.ParseFloat(string(number), 64)
	*to = v
	return err == nil
}

// isOfNumber tells whether a number may have the character. Of such characters
// alone JSON makes nothing but numbers.
func isOfNumber(c byte) bool {
	return '0' <= c && c <= '9' || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E'
}
