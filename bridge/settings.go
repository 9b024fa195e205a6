// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/pharos-status/pharos/bridge/channel"
	"github.com/pharos-status/pharos/bridge/config"
	"github.com/pharos-status/pharos/bridge/deliver"
)

// settings are what a reload replaces, all at once.
type settings struct {
	config     *config.Config
	file       bool                // there is a configuration file
	recipients map[string][]string // by the name of the channel
	routes     []deliver.Route     // in the order of the configuration
}

// loadSettings reads the configuration and opens its channels. Its file may be absent
// only if neither the options nor the caller want it to be there.
func loadSettings(o *Options, wanted bool) (*settings, error) {
	c, file, err := loadConfig(o, wanted || o.RequireConfig)
	if err != nil {
		return nil, err
	}
	s := &settings{config: c, file: file, recipients: map[string][]string{}}
	for i := range c.Channels {
		ch := &c.Channels[i]
		opened, err := ch.Settings().Open(channel.Options{
			Name: ch.Name, Words: c.Words(), Logger: o.Logger.With("channel", ch.Name),
		})
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open channel %s: %w", ch.Name, err), s.close())
		}
		s.routes = append(s.routes, deliver.Route{Name: ch.Name, Channel: opened, Delivery: ch.Delivery, Location: c.Words().Location()})
		s.recipients[ch.Name] = opened.Recipients()
	}
	return s, nil
}

// close closes the channels, of settings that never came into use.
func (s *settings) close() error {
	var errs error
	for _, r := range s.routes {
		errs = errors.Join(errs, r.Channel.Close())
	}
	return errs
}

// loadConfig reads the file, and tells whether there is one. No file means the
// defaults, unless it is wanted.
func loadConfig(o *Options, wanted bool) (c *config.Config, file bool, err error) {
	more := config.Options{Logger: o.Logger}
	if o.Page != nil {
		more.PageTitle, more.PageURL = o.Page()
	}
	if o.ConfigFile == "" {
		c, err = config.Default(more)
		return c, false, err
	}
	c, err = config.Load(o.ConfigFile, more)
	switch {
	case err == nil:
		return c, true, nil
	case errors.Is(err, fs.ErrNotExist) && !wanted:
		c, err = config.Default(more)
		return c, false, err
	case errors.Is(err, fs.ErrNotExist):
		return nil, false, fmt.Errorf("%w; write the file, or name another one", err)
	}
	return nil, false, err
}
