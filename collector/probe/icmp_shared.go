// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"
)

// The socketOptions are what all packets of a socket have in common. Pings that
// want the same share a socket.
type socketOptions struct {
	v6           bool
	source       netip.Addr // the zero Addr: the machine's choice
	hopLimit     int        // 0: the machine's choice
	dontFragment bool
}

// The sockets that are in use.
type sockets struct {
	mu   sync.Mutex
	open map[socketOptions]*sharedSocket
}

// A sharedSocket serves many pings by one goroutine that reads, and tells their
// answers apart by sequence number. Both are there only while a ping needs them.
type sharedSocket struct {
	*icmpConn
	users int           // guarded by sockets.mu
	done  chan struct{} // closed when the reader has ended

	mu      sync.Mutex // guards all that follows
	awaited map[uint16]awaited
	last    uint16 // sequence number
}

// An awaited is a packet that was sent and not answered yet.
type awaited struct {
	target  netip.Addr // without its zone
	token   []byte
	sent    time.Time
	answers chan<- answer // has room for one of each packet
}

// An answer is what came back to one packet.
type answer struct {
	trip time.Duration
	hops int   // with which it arrived; 0 if not told
	err  error // an [*icmpError], if that is what came
}

// use returns a socket with the given options, which must be released.
func (s *sockets) use(o socketOptions) (*sharedSocket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	shared := s.open[o]
	if shared == nil {
		conn, err := openICMP(o)
		if err != nil {
			return nil, err
		}
		shared = &sharedSocket{
			icmpConn: conn, done: make(chan struct{}),
			awaited: map[uint16]awaited{}, last: randomID(),
		}
		s.open[o] = shared
		go func() {
			defer close(shared.done)
			conn.receive(shared.deliver)
		}()
	}
	shared.users++
	return shared, nil
}

// release closes the socket once nobody uses it any more, and waits then until
// its reader has ended.
func (s *sockets) release(o socketOptions) {
	s.mu.Lock()
	shared := s.open[o]
	shared.users--
	unused := shared.users == 0
	if unused {
		delete(s.open, o)
	}
	s.mu.Unlock()
	if unused {
		shared.close()
		<-shared.done
	}
}

// await chooses a sequence number that no other packet under way has, and
// expects an answer to it from now on.
func (s *sharedSocket) await(a awaited) (seq uint16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		s.last++
		if _, taken := s.awaited[s.last]; !taken { // few are: maxPings is far below what 16 bits can tell apart
			s.awaited[s.last] = a
			return s.last
		}
	}
}

// forget no longer expects answers to the packets with these sequence numbers.
func (s *sharedSocket) forget(seqs []uint16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, seq := range seqs {
		delete(s.awaited, seq)
	}
}

// deliver gives a message to the ping it is for. Most of what a raw socket sees
// is for others: pings of other programs, answers that came too late.
func (s *sharedSocket) deliver(m message) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.awaited[m.seq]
	if !ok || m.id != s.id || m.target != a.target || !m.belongs(a.token) {
		return
	}
	delete(s.awaited, m.seq)
	got := answer{trip: max(now.Sub(a.sent), 1), hops: m.hops}
	if m.err != nil {
		got.err = m.err
	}
	a.answers <- got // never blocks
}

func randomID() uint16 { return uint16(rand.Uint32()) } //nolint:gosec // any 16 bits will do
