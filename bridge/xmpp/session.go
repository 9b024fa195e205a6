// SPDX-License-Identifier: Apache-2.0

package xmpp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

const (
	keepalive  = time.Minute      // between two pings on a session that nobody uses
	pingWithin = 30 * time.Second // the answer to a ping
	writeIn    = 10 * time.Second // a write, if the context allows longer
)

var errSilent = errors.New("the server does not answer")

// A session is a stream on which we are logged in, and the goroutines that read from
// it and keep it alive.
type session struct {
	*stream
	log *slog.Logger

	users int       // who send at this moment; guarded by the client's mutex
	used  time.Time // when somebody last sent; guarded by the client's mutex

	writing sync.Mutex
	heard   atomic.Int64 // when something was last read, in Unix nanoseconds

	mu      sync.Mutex
	waiters map[*waiter]bool
	rooms   map[JID]JID // where we are: our address in the room, by that of the room

	once sync.Once
	done chan struct{} // closed once the session is over
	err  error         // why it is over
	wg   sync.WaitGroup
}

// A waiter waits for the first element that it wants. Its function is called with
// the session's mutex held.
type waiter struct {
	wants func(e *element) bool
	got   chan *element
}

func newSession(s *stream, log *slog.Logger) *session {
	return &session{
		stream: s, log: log, used: time.Now(), waiters: map[*waiter]bool{}, rooms: map[JID]JID{}, done: make(chan struct{}),
	}
}

// start lets the session live until it fails, is ended, or retire says that nobody
// needs it any more. It outlives the context.
func (s *session) start(ctx context.Context, retire func() bool) {
	s.wg.Go(s.read)
	s.wg.Go(func() { s.keep(context.WithoutCancel(ctx), retire) })
}

// over tells whether the session has ended.
func (s *session) over() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// fail ends the session because of err, without a word to the server.
func (s *session) fail(err error) {
	s.once.Do(func() {
		s.err = err
		close(s.done)
		s.close()
	})
}

// leave ends the session because of why, as is polite.
func (s *session) leave(why error) {
	if !s.over() {
		s.writing.Lock()
		_ = s.conn.SetWriteDeadline(time.Now().Add(farewell))
		_ = s.write("</stream:stream>") // whether it arrives makes no difference
		s.writing.Unlock()
	}
	s.fail(why)
}

// end ends the session, and returns once its goroutines have ended.
func (s *session) end() {
	s.leave(errClosed)
	s.wg.Wait()
}

func (s *session) read() {
	for {
		e, err := s.r.next()
		if err != nil {
			if !s.over() {
				s.log.Info("the XMPP session ended", "jid", s.jid.String(), "err", err)
			}
			s.leave(fmt.Errorf("the session ended: %w", err))
			return
		}
		s.heard.Store(time.Now().UnixNano())
		s.handle(e)
	}
}

// keep pings the server, since a connection that was cut is otherwise noticed only
// by the message that it loses.
func (s *session) keep(ctx context.Context, retire func() bool) {
	ticks := time.NewTicker(keepalive)
	defer ticks.Stop()
	for {
		select {
		case <-s.done:
			return
		case <-ticks.C:
		}
		if retire() {
			s.leave(errClosed)
			return
		}
		within, cancel := context.WithTimeout(ctx, pingWithin)
		id := newID()
		_, err := s.ask(within, ping(s.jid.Domain, id), func(e *element) bool { return answers(e, id) })
		cancel()
		if of, ok := errors.AsType[*Error](err); ok {
			s.fail(of.Err) // that a ping may have arrived says nothing of messages
			return
		}
	}
}

// handle does with an element what has to be done, whoever waits for it.
func (s *session) handle(e *element) {
	if e.is(nsClient, "iq") && (e.get("type") == "get" || e.get("type") == "set") {
		s.answer(e)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.waiters {
		if w.wants(e) {
			w.got <- e
			delete(s.waiters, w)
		}
	}
	if e.is(nsClient, "presence") {
		s.moveLocked(e)
	}
}

// answer answers a request: we can be pinged, and nothing else.
func (s *session) answer(e *element) {
	head := " to='" + escaped(e.get("from")) + "' id='" + escaped(e.get("id")) + "'"
	if e.get("from") == "" {
		head = " id='" + escaped(e.get("id")) + "'"
	}
	if e.child(nsPing, "ping") != nil && e.get("type") == "get" {
		s.reply("<iq type='result'" + head + "/>")
		return
	}
	s.reply("<iq type='error'" + head + "><error type='cancel'><service-unavailable xmlns='" + nsStanzas + "'/></error></iq>")
}

// reply writes what nobody waits for an answer to.
func (s *session) reply(text string) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.put(text, time.Now().Add(writeIn)); err != nil {
		s.fail(err)
	}
}

// put writes; s.writing is held.
func (s *session) put(text string, deadline time.Time) error {
	if err := s.conn.SetWriteDeadline(deadline); err != nil {
		return err
	}
	return s.write(text)
}

// ask writes, and returns the first element of those that come later that wants
// accepts. An error that is unsure came after the first byte was written.
func (s *session) ask(ctx context.Context, text string, wants func(e *element) bool) (*element, error) {
	w := &waiter{wants: wants, got: make(chan *element, 1)}
	s.writing.Lock()
	if err := ctx.Err(); err != nil || s.over() {
		s.writing.Unlock()
		if err == nil {
			err = s.err
		}
		return nil, &Error{Err: err}
	}
	s.mu.Lock()
	s.waiters[w] = true
	s.mu.Unlock()
	began := time.Now()
	deadline := began.Add(writeIn)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	err := s.put(text, deadline)
	s.writing.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.waiters, w)
		s.mu.Unlock()
	}()
	if err != nil {
		s.fail(err) // what was written may end in the middle of a stanza
		return nil, unsure(err)
	}
	return s.await(ctx, w, began.UnixNano())
}

// await waits for the answer to what was written.
func (s *session) await(ctx context.Context, w *waiter, began int64) (*element, error) {
	select {
	case e := <-w.got:
		return e, nil
	case <-ctx.Done():
	case <-s.done:
	}
	select {
	case e := <-w.got: // it came at the same time
		return e, nil
	default:
	}
	if s.over() {
		return nil, unsure(s.err)
	}
	if s.heard.Load() < began {
		s.fail(errSilent) // the connection may be dead: the next message takes another one
	}
	return nil, unsure(fmt.Errorf("%w: %w", errSilent, ctx.Err()))
}
