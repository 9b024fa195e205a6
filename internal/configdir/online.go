// SPDX-License-Identifier: Apache-2.0

package configdir

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	onlineParallel = 32              // questions at a time
	onlineTimeout  = 5 * time.Second // of one question
	maxTold        = 20              // hosts and servers that are told one by one
)

// An Asker asks the network. The zero value asks the real one.
type Asker struct {
	Lookup func(ctx context.Context, host string) error        // whether a name has an address
	Dial   func(ctx context.Context, hostAndPort string) error // whether a server takes connections
}

// Online returns what the network does not have of what the files name: addresses of
// the hosts that are probed, and servers that are talked to, such as Alertmanager and
// mail servers, which get a TCP connection and nothing more. What was not found out
// when ctx ended is told as such.
func Online(ctx context.Context, dir string, ask Asker) (all []error) {
	if ask.Lookup == nil {
		ask.Lookup = lookup
	}
	if ask.Dial == nil {
		ask.Dial = dial
	}
	hosts := hostsIn(dir)
	all = append(all, asked(ctx, hosts, ask.Lookup, func(host string, err error) string {
		return fmt.Sprintf("%s: %s: no address of %s is found: %s", exporterFile, hosts[host].words(), host, reason(err))
	})...)
	servers := serversIn(dir)
	return append(all, asked(ctx, servers, ask.Dial, func(server string, err error) string {
		return fmt.Sprintf("%s: no server answers at %s: %s", servers[server].words(), server, reason(err))
	})...)
}

// A use is where something of the network is named first, and how often.
type use struct {
	where string
	times int
}

func (u use) words() string {
	if u.times < 2 {
		return u.where
	}
	return fmt.Sprintf("%s and %d more", u.where, u.times-1)
}

// uses are names of the network.
type uses map[string]use

func (u uses) add(name, where string) {
	first := u[name]
	u[name] = use{cmp.Or(first.where, where), first.times + 1}
}

// errLate is in place of the answer to what there was no time to ask.
var errLate = errors.New("not asked")

// asked asks about names, and puts the first of those that fail into words.
func asked(ctx context.Context, names uses, ask func(context.Context, string) error, words func(string, error) string) (all []error) {
	sorted := slices.Sorted(maps.Keys(names))
	found := make([]error, len(sorted))
	var group errgroup.Group
	group.SetLimit(onlineParallel)
	for i, name := range sorted {
		group.Go(func() error {
			limited, cancel := context.WithTimeout(ctx, onlineTimeout)
			defer cancel()
			if ctx.Err() == nil {
				found[i] = ask(limited, name)
			}
			if ctx.Err() != nil {
				found[i] = errLate
			}
			return nil
		})
	}
	_ = group.Wait() // the errors are in found
	failed, late := 0, 0
	for i, err := range found {
		switch {
		case err == nil:
		case errors.Is(err, errLate):
			late++
		default:
			if failed++; failed <= maxTold {
				all = append(all, errors.New(words(sorted[i], err)))
			}
		}
	}
	if failed > maxTold {
		all = append(all, fmt.Errorf("%d more are like that, of %d", failed-maxTold, len(sorted)))
	}
	if late > 0 {
		all = append(all, fmt.Errorf("there was no time to ask for %d of %d, such as %s", late, len(sorted), sorted[slices.Index(found, errLate)]))
	}
	return all
}

// reason is an error without the name that is told anyway.
func reason(err error) string {
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Err != nil {
		return e.Err.Error()
	}
	return err.Error()
}

func lookup(ctx context.Context, host string) error {
	_, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	return err
}

func dial(ctx context.Context, hostAndPort string) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", hostAndPort)
	if err != nil {
		return err
	}
	return conn.Close()
}

// isName tells whether a host has to be looked up.
func isName(host string) bool {
	_, err := netip.ParseAddr(host)
	return host != "" && err != nil
}
