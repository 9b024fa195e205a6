// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strconv"

	systemd "github.com/coreos/go-systemd/v22/dbus"
	"github.com/godbus/dbus/v5"
)

// systemBus is where the D-Bus of the system is.
const systemBus = "unix:path=/run/dbus/system_bus_socket"

// A bus is the connection to a D-Bus, which is made when it is first needed and made
// again after it broke. It is safe for concurrent use.
type bus struct {
	address string
	turn    chan struct{} // holds one token: who has it may look at conn
	conn    *systemd.Conn // nil if there is none
	cancel  context.CancelFunc
}

func newBus(address string) *bus {
	b := &bus{address: cmp.Or(address, os.Getenv("DBUS_SYSTEM_BUS_ADDRESS"), systemBus), turn: make(chan struct{}, 1)}
	b.turn <- struct{}{}
	return b
}

// systemd returns the connection.
func (b *bus) systemd(ctx context.Context) (*systemd.Conn, error) {
	select {
	case <-b.turn:
	case <-ctx.Done():
		return nil, fmt.Errorf("connect to D-Bus: %w", ctx.Err())
	}
	defer func() { b.turn <- struct{}{} }()
	if b.conn != nil && b.conn.Connected() {
		return b.conn, nil
	}
	b.closeConn()
	if err := b.dial(ctx); err != nil {
		return nil, fmt.Errorf("connect to D-Bus at %s: %w", b.address, err)
	}
	return b.conn, nil
}

// dial makes a connection that outlives ctx, though making it ends with ctx.
func (b *bus) dial(ctx context.Context) error {
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, cancel)
	defer stop()
	conn, err := systemd.NewConnection(func() (*dbus.Conn, error) { return open(life, b.address) })
	if err == nil && !stop() { // ctx was done in the meantime
		conn.Close()
		err = ctx.Err()
	}
	if err != nil {
		cancel()
		return err
	}
	b.conn, b.cancel = conn, cancel
	return nil
}

func open(ctx context.Context, address string) (*dbus.Conn, error) {
	conn, err := dbus.Dial(address, dbus.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	// By the number of the user: looking up a name may ask the network.
	if err := conn.Auth([]dbus.Auth{dbus.AuthExternal(strconv.Itoa(os.Getuid()))}); err != nil {
		return nil, closing(conn, err)
	}
	if err := conn.Hello(); err != nil {
		return nil, closing(conn, err)
	}
	return conn, nil
}

func closing(conn *dbus.Conn, err error) error {
	_ = conn.Close() // err says what is wrong
	return err
}

func (b *bus) closeConn() {
	if b.conn != nil {
		b.conn.Close()
		b.cancel()
		b.conn = nil
	}
}

func (b *bus) close() {
	<-b.turn
	b.closeConn()
	b.turn <- struct{}{}
}
