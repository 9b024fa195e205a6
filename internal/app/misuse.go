// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	"github.com/pharos-status/pharos/internal/configfile"
)

// misuse returns what is wrong with a command line, with what may have been meant and
// where the help of the command that it names is.
func (c *Command) misuse(args []string, err error) error {
	model := c.Model()
	group, flags, help := model.CmdGroupModel, model.Flags, c.Name+" --help"
	for _, name := range c.selected(args) {
		i := slices.IndexFunc(group.Commands, func(cmd *kingpin.CmdModel) bool { return cmd.Name == name })
		cmd := group.Commands[i]
		flags = slices.Concat(flags, cmd.Flags)
		if cmd.Default && !slices.Contains(args, name) {
			break // nobody has named it
		}
		group, help = cmd.CmdGroupModel, c.Name+" help "+cmd.FullCommand
	}
	if near := meant(err, group, flags); near != "" {
		return fmt.Errorf("%w; did you mean %s? Try %s", err, near, help)
	}
	return fmt.Errorf("%w; try %s", err, help)
}

// selected returns the command that is meant, as far as args can be understood, and
// those that it belongs to, the outermost first.
func (c *Command) selected(args []string) []string {
	context, _ := c.ParseContext(args) // the error has been told
	if context == nil || context.SelectedCommand == nil {
		return nil
	}
	return strings.Fields(context.SelectedCommand.FullCommand())
}

var (
	unknownCommand = regexp.MustCompile(`^(?:expected command but got "([^"]*)"|unexpected ([^'\s]*))$`)
	unknownFlag    = regexp.MustCompile(`^unknown long flag '(--[^']*)'$`)
)

// meant returns the command or flag that may have been meant, where kingpin's error is
// that there is no such one; empty: none is near.
func meant(err error, group *kingpin.CmdGroupModel, flags []*kingpin.FlagModel) string {
	var known []string
	switch command, flag := unknownCommand.FindStringSubmatch(err.Error()), unknownFlag.FindStringSubmatch(err.Error()); {
	case command != nil:
		for _, cmd := range group.Commands {
			known = append(known, cmd.Name)
		}
		return configfile.Nearest(command[1]+command[2], known)
	case flag != nil:
		for _, f := range flags {
			known = append(known, "--"+f.Name)
		}
		return configfile.Nearest(flag[1], known)
	}
	return ""
}
