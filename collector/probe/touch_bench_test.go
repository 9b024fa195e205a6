// SPDX-License-Identifier: Apache-2.0

//go:build linux

package probe_test

import (
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
)

// BenchmarkTCP compares the CPU of a probe that connects with that of the bare
// system calls and of net.Dialer. The server is another process, and there are
// a thousand targets, so that no port is met again soon.
func BenchmarkTCP(b *testing.B) {
	port := startAcceptor(b)
	var addrs [1000]string
	var probers [1000]probe.Prober
	var raw [1000]*syscall.SockaddrInet4
	for i := range addrs {
		raw[i] = &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 9, byte(i >> 8), byte(i)}}
		addrs[i] = fmt.Sprintf("127.9.%d.%d:%d", i>>8, i&0xff, port)
		probers[i] = probe.TCP(probe.TCPOptions{Addr: addrs[i]})
	}
	cases := map[string]func(int) error{
		"floor": func(i int) error { return connectRaw(raw[i]) },
		"probe": func(i int) error { return probers[i].Probe(b.Context()).Err },
		"dialer": func(i int) error {
			d := net.Dialer{KeepAlive: -1}
			conn, err := d.DialContext(b.Context(), "tcp", addrs[i])
			if err == nil {
				err = conn.Close()
			}
			return err
		},
	}
	for _, name := range []string{"floor", "probe", "dialer"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			before := processCPU(b)
			for i := 0; b.Loop(); i = (i + 1) % len(addrs) {
				if err := cases[name](i); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(processCPU(b)-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

func connectRaw(addr *syscall.SockaddrInet4) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := syscall.Connect(fd, addr); err != nil {
		return err
	}
	return syscall.Close(fd)
}

// processCPU returns the CPU time that this process has taken so far.
func processCPU(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// startAcceptor starts this program again as a server that accepts connections
// and hangs up, and returns its port.
func startAcceptor(b *testing.B) (port int) {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	addr := l.Addr().(*net.TCPAddr)
	require.NoError(b, l.Close())
	server, err := os.StartProcess("/proc/self/exe", []string{"acceptor", "-test.run=^TestAcceptor$"}, &os.ProcAttr{
		Env: append(os.Environ(), acceptorRole+fmt.Sprintf("=0.0.0.0:%d", addr.Port)),
	})
	require.NoError(b, err)
	b.Cleanup(func() {
		_ = server.Kill()
		_, _ = server.Wait()
	})
	require.Eventually(b, func() bool {
		return connectRaw(&syscall.SockaddrInet4{Port: addr.Port, Addr: [4]byte{127, 0, 0, 1}}) == nil
	},
		patience, 10*time.Millisecond)
	return addr.Port
}

const acceptorRole = "PHAROS_TEST_ACCEPTOR"

// TestAcceptor is the server of BenchmarkTCP, if that has started it.
func TestAcceptor(t *testing.T) {
	addr := os.Getenv(acceptorRole)
	if addr == "" {
		t.Skip("only a benchmark starts it")
	}
	l, err := net.Listen("tcp", addr)
	require.NoError(t, err)
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		_ = conn.Close()
	}
}
