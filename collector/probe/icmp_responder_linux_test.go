// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// A request is an echo request as it arrived, in IPv4.
type request struct {
	packet   []byte // from its IP header on; only as long as it is answered
	from, to netip.Addr
	hops     int
	intact   bool // must not be taken apart
	payload  int  // bytes
	n        int  // how many came before it
}

// A responder answers echo requests in place of the kernel, by packets with their
// IPv4 headers. It is called by one goroutine.
type responder func(r request) (answers [][]byte)

// respond has the responder answer all echo requests of this network until the
// test ends, and returns a function that returns those that came up to then.
func respond(t *testing.T, answer responder) (seen func() []request) {
	t.Helper()
	setting(t, "net/ipv4/icmp_echo_ignore_all", "1")
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.IPPROTO_ICMP)
	require.NoError(t, err)
	require.NoError(t, unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_HDRINCL, 1))

	var mu sync.Mutex
	var requests []request
	serveRaw(t, os.NewFile(uintptr(fd), "responder"), func(b []byte) [][]byte {
		r, ok := parseRequest(b)
		if !ok {
			return nil
		}
		mu.Lock()
		r.n = len(requestsTo(requests, r.to.String()))
		requests = append(requests, r)
		mu.Unlock()
		r.packet = bytes.Clone(b)
		return answer(r)
	}, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	return func() []request {
		mu.Lock()
		defer mu.Unlock()
		return requests
	}
}

// serveRaw sends to an address what answer makes of each packet that comes in, until
// the test ends. If the answers bring a header of their own, that is where they go.
func serveRaw(t *testing.T, file *os.File, answer func(packet []byte) [][]byte, to unix.Sockaddr) {
	t.Helper()
	conn, err := file.SyscallConn()
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 1<<16)
		_ = conn.Read(func(fd uintptr) bool {
			for {
				n, _, err := unix.Recvfrom(int(fd), buffer, unix.MSG_DONTWAIT)
				if err != nil {
					return false
				}
				for _, packet := range answer(buffer[:n]) {
					if err := unix.Sendto(int(fd), packet, 0, to); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}()
	t.Cleanup(func() {
		_ = file.Close()
		<-done
	})
}

// setting writes a setting of the kernel for this network.
func setting(t *testing.T, name, value string) {
	t.Helper()
	require.NoError(t, os.WriteFile("/proc/sys/"+name, []byte(value), 0))
}

const ipHeader, icmpHeader = 20, 8

func parseRequest(b []byte) (r request, ok bool) {
	const echoRequest, dontFragment = 8, 0x40
	if len(b) < ipHeader+icmpHeader || b[ipHeader] != echoRequest {
		return r, false
	}
	return request{
		hops: int(b[8]), intact: b[6]&dontFragment != 0, payload: len(b) - ipHeader - icmpHeader,
		from: netip.AddrFrom4([4]byte(b[12:16])), to: netip.AddrFrom4([4]byte(b[16:20])),
	}, true
}

// answer returns the answer to r, sent by from with a hop limit. As some targets do,
// it leaves out what makes the answer too long.
func (r request) answer(from netip.Addr, hops byte) []byte {
	const longest = 1500
	packet := ip(from, r.from, hops, r.packet[ipHeader:min(len(r.packet), longest)])
	packet[ipHeader] = 0 // an echo reply
	return seal(packet)
}

// refuse returns an ICMP error that quotes the beginning of r.
func (r request) refuse(from netip.Addr, kind, code byte) []byte {
	quoted := r.packet[:ipHeader+icmpHeader] // all that every router must quote
	return seal(ip(from, r.from, 64, append([]byte{kind, code, 0, 0, 0, 0, 0, 0}, quoted...)))
}

// ip returns a packet of ICMP; the kernel fills in what is left out.
func ip(from, to netip.Addr, hops byte, message []byte) []byte {
	packet := make([]byte, ipHeader, ipHeader+len(message))
	packet[0], packet[8], packet[9] = 0x45, hops, 1
	copy(packet[12:], from.AsSlice())
	copy(packet[16:], to.AsSlice())
	binary.NativeEndian.PutUint16(packet[2:], uint16(ipHeader+len(message)))
	return append(packet, message...)
}

// seal writes the checksum of the ICMP message of a packet.
func seal(packet []byte) []byte {
	message := packet[ipHeader:]
	message[2], message[3] = 0, 0
	var sum uint32
	for i, b := range message {
		sum += uint32(b) << (8 * (1 - i%2))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	binary.BigEndian.PutUint16(message[2:], ^uint16(sum))
	return packet
}
