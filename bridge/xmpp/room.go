// SPDX-License-Identifier: Apache-2.0

package xmpp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// Status codes of presence in rooms (XEP-0045).
const (
	statusSelf    = "110" // it is about ourselves
	statusCreated = "201" // the room did not exist before
	statusRenamed = "303" // we go on under another nick
)

// maxNicks bounds how many nicks are tried.
const maxNicks = 5

// GroupChat sends a message to a room, and returns nil once the room has sent it to
// everybody in it, ourselves included. Before the first message the room is joined,
// and so it is if we were removed. A room that does not exist is not made: nobody
// would be in it. GroupChat is called for one message to a room at a time. An error
// is an [*Error], or one that may pass.
func (c *Client) GroupChat(ctx context.Context, room Room, m Message) error {
	s, err := c.acquire(ctx)
	if err != nil {
		return err
	}
	defer c.release(s)
	for again := range 2 {
		if err := s.join(ctx, room); err != nil {
			return err
		}
		answer, err := s.ask(ctx, "<message type='groupchat'"+head(room.JID, m.ID)+">"+m.content()+"</message>", func(e *element) bool {
			return refuses(e, m.ID) || s.reflectsLocked(e, room.JID, m) || s.removesLocked(e, room.JID)
		})
		switch {
		case err != nil:
			return about("send to room "+room.JID.String(), err)
		case answer.is(nsClient, "presence"):
			return about("send to room "+room.JID.String(), unsure(errors.New("we were removed from the room")))
		case answer.get("type") != "error":
			return nil
		case again == 0 && outside(answer):
			s.forget(room.JID) // the room has forgotten us: it was made anew
		default:
			return about("send to room "+room.JID.String(), stanzaError(answer))
		}
	}
	return about("send to room "+room.JID.String(), errors.New("the room does not know us after we joined it"))
}

// outside tells whether a room refuses a message because we are not in it.
func outside(answer *element) bool {
	inner := answer.child(nsClient, "error")
	return inner != nil && inner.condition(nsStanzas) == "not-acceptable"
}

// join enters a room, unless we are in it.
func (s *session) join(ctx context.Context, room Room) error {
	s.mu.Lock()
	_, there := s.rooms[room.JID]
	s.mu.Unlock()
	if there {
		return nil
	}
	for n := 1; ; n++ {
		nick := room.Nick
		if n > 1 {
			nick += "-" + strconv.Itoa(n)
		}
		err := s.enter(ctx, room, nick)
		if err == nil {
			return nil
		}
		if n == maxNicks || !errors.Is(err, errConflict) {
			return about("join room "+room.JID.String(), err)
		}
	}
}

var errConflict = errors.New("somebody else in the room has our nick")

// enter asks to be let in under a nick.
func (s *session) enter(ctx context.Context, room Room, nick string) error {
	occupant := JID{Local: room.JID.Local, Domain: room.JID.Domain, Resource: nick}
	id, password := newID(), ""
	if room.Password != "" {
		password = "<password>" + escaped(room.Password) + "</password>"
	}
	text := "<presence" + head(occupant, id) + "><x xmlns='" + nsMUC + "'><history maxstanzas='0'/>" + password + "</x></presence>"
	answer, err := s.ask(ctx, text, func(e *element) bool {
		if !e.is(nsClient, "presence") || e.from().Bare() != room.JID {
			return false
		}
		if e.get("type") == "error" {
			return e.get("id") == id
		}
		return e.get("type") == "" && (e.from() == occupant || slices.Contains(statuses(e), statusSelf)) && s.entersLocked(e)
	})
	if of, ok := errors.AsType[*Error](err); ok {
		return of.Err // whether we got in makes no difference: no message was written
	}
	if err != nil {
		return err
	}
	if answer.get("type") == "error" {
		refused := stanzaError(answer)
		if inner := answer.child(nsClient, "error"); inner != nil && inner.condition(nsStanzas) == "conflict" {
			return fmt.Errorf("%w: %q", errConflict, nick)
		}
		return refused
	}
	if slices.Contains(statuses(answer), statusCreated) {
		s.forget(room.JID)
		s.reply("<presence type='unavailable' to='" + escaped(answer.get("from")) + "'/>")
		return &Error{Err: errors.New("there is no such room; make it, and let it stay when nobody is in it"), Refused: true}
	}
	return nil
}

// entersLocked notes that we are in a room; it is true.
func (s *session) entersLocked(e *element) bool {
	s.rooms[e.from().Bare()] = e.from()
	return true
}

// reflectsLocked tells whether e is what the room made of our message. Rooms that
// change ids are known by the body.
func (s *session) reflectsLocked(e *element, room JID, m Message) bool {
	if !e.is(nsClient, "message") || e.get("type") != "groupchat" || e.from() != s.rooms[room] {
		return false
	}
	origin := e.child(nsID, "origin-id")
	return e.get("id") == m.ID || origin != nil && origin.get("id") == m.ID || e.childText(nsClient, "body") == m.Body
}

// removesLocked tells whether e says that we are no longer in the room.
func (s *session) removesLocked(e *element, room JID) bool {
	return e.is(nsClient, "presence") && e.get("type") == "unavailable" && e.from() == s.rooms[room] && !slices.Contains(statuses(e), statusRenamed)
}

// moveLocked follows what happens to us in rooms.
func (s *session) moveLocked(e *element) {
	room := e.from().Bare()
	ours, there := s.rooms[room]
	switch {
	case !there:
	case s.removesLocked(e, room):
		delete(s.rooms, room)
	case e.get("type") == "" && e.from() != ours && slices.Contains(statuses(e), statusSelf):
		s.rooms[room] = e.from()
	}
}

func (s *session) forget(room JID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.rooms, room)
}

// statuses returns the codes of what happened in a room.
func statuses(e *element) (codes []string) {
	x := e.child(nsMUCUser, "x")
	if x == nil {
		return nil
	}
	for _, c := range x.children {
		if c.is(nsMUCUser, "status") {
			codes = append(codes, c.get("code"))
		}
	}
	return codes
}
