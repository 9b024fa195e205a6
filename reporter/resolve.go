// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"
)

// How long an interval is.
const (
	defaultInterval = 30 * time.Second
	minInterval     = time.Second
	maxInterval     = 30 * 24 * time.Hour
)

// resolved returns the options with their defaults, and refuses those that make no
// sense.
func (o Options) resolved() (Options, error) {
	o.Mode, o.Interval = cmp.Or(o.Mode, Push), cmp.Or(o.Interval, defaultInterval)
	if o.Replica == "" {
		name, err := os.Hostname()
		if err != nil {
			return o, fmt.Errorf("the Replica has no name: %w", err)
		}
		o.Replica = name
	}
	if err := o.resolveEndpoints(); err != nil {
		return o, err
	}
	if err := o.validate(); err != nil {
		return o, err
	}
	if o.Load == nil && o.Mode == Push {
		o.Load = AutoLoad()
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	o.Logger = slog.New(calm{o.Logger.Handler()})
	return o, nil
}

func (o *Options) resolveEndpoints() error {
	one := Endpoint{o.URL, o.Token}
	switch {
	case len(o.Endpoints) == 0:
		o.Endpoints = []Endpoint{one}
	case one != Endpoint{}:
		return errors.New("both a URL or Token and Endpoints are given; want the one or the others")
	default:
		o.Endpoints = slices.Clone(o.Endpoints)
	}
	for i, e := range o.Endpoints {
		base, err := e.base()
		switch {
		case err != nil:
			return err
		case e.Token == "":
			return fmt.Errorf("the Token of %s is not given", base)
		case e.Token != strings.TrimSpace(e.Token):
			return fmt.Errorf("the Token of %s has white space around it, as one read from a file may have; trim it", base)
		case slices.ContainsFunc(o.Endpoints[:i], func(before Endpoint) bool { return before.URL == base }):
			return fmt.Errorf("the endpoint %s is given twice", base)
		}
		o.Endpoints[i].URL = base
	}
	return nil
}

func (o *Options) validate() error {
	for _, id := range []struct{ kind, id string }{{"Service", o.Service}, {"Node", o.Node}, {"Replica", o.Replica}} {
		if err := checkID(id.kind, id.id); err != nil {
			return err
		}
	}
	switch {
	case o.Mode != Push && o.Mode != Local:
		return fmt.Errorf("the Mode is %q, want %q or %q", o.Mode, Push, Local)
	case o.Policy != All && o.Policy != First:
		return fmt.Errorf("the Policy is %d, want All or First", o.Policy)
	case o.Interval < minInterval || o.Interval > maxInterval:
		return fmt.Errorf("the Interval is %v, want from 1s to 30 days", o.Interval)
	case o.Load != nil && o.Mode == Local:
		return errors.New("a Load is given in mode local, which has none; want mode push, or only Checks")
	}
	for name, check := range o.Checks {
		if check == nil {
			return fmt.Errorf("the check %q is nil", name)
		}
	}
	return nil
}

// transport returns the default transport. It keeps a connection from one report to
// the next, if the interval is not long.
func transport() *http.Transport {
	if standard, ok := http.DefaultTransport.(*http.Transport); ok {
		own := standard.Clone()
		own.MaxIdleConnsPerHost = 1
		return own
	}
	return &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 1, IdleConnTimeout: 90 * time.Second}
}
