// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	"github.com/pharos-status/pharos/internal/app"
)

const completionHelp = `Scripts that complete commands, flags and their values in a shell.`

const completionBashHelp = `Print the script for bash.

For all sessions to come:

  pharosctl completion bash \
    > ~/.local/share/bash-completion/completions/pharosctl`

const completionZshHelp = `Print the script for zsh.

For all sessions to come, in a folder of $fpath:

  pharosctl completion zsh > /usr/local/share/zsh/site-functions/_pharosctl`

const completionFishHelp = `Print the script for fish.

For all sessions to come:

  pharosctl completion fish > ~/.config/fish/completions/pharosctl.fish`

// completeWord is the first argument by which the scripts ask what may follow. The
// others are the words of the command line, the last one as far as it is typed.
const completeWord = "__complete"

// Where nothing of ours may follow, the scripts leave it to the shell, which knows files.
const (
	bashScript = `# Completion of pharosctl for bash.
_pharosctl() {
    local IFS=$'\n'
    COMPREPLY=($("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _pharosctl pharosctl
`
	zshScript = `#compdef pharosctl
# Completion of pharosctl for zsh.
_pharosctl() {
    local -a candidates
    candidates=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ -n "${candidates[1]}" ]]; then
        compadd -a candidates
    else
        _files
    fi
}
if [[ "${funcstack[1]}" == _pharosctl ]]; then
    _pharosctl "$@"
else
    compdef _pharosctl pharosctl
fi
`
	fishScript = `# Completion of pharosctl for fish.
function __pharosctl_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    set -l candidates ($program __complete $words "$current" 2>/dev/null)
    if set -q candidates[1]
        printf '%s\n' $candidates
    else
        __fish_complete_path "$current"
    end
end
complete -c pharosctl -f -a '(__pharosctl_complete)'
`
)

// completionCommand adds the subcommands of completion.
func completionCommand(cli *app.Command, stdout, _ io.Writer) actions {
	group := cli.Command("completion", completionHelp)
	all := actions{}
	for _, shell := range []struct{ name, help, script string }{
		{"bash", completionBashHelp, bashScript}, {"zsh", completionZshHelp, zshScript}, {"fish", completionFishHelp, fishScript},
	} {
		all[group.Command(shell.name, shell.help).FullCommand()] = func(context.Context) error {
			if _, err := io.WriteString(stdout, shell.script); err != nil {
				return fmt.Errorf("print the script: %w", err)
			}
			return nil
		}
	}
	return all
}

// A completer is a command, or the program itself, as kingpin has them.
type completer interface {
	GetCommand(name string) *kingpin.CmdClause
	FlagCompletion(name, value string) (choices []string, flag, option bool)
}

// A line is a command line that is being typed.
type line struct {
	path  []completer // the program, and the commands named so far
	known []*kingpin.FlagModel
	next  *kingpin.CmdGroupModel
	open  *kingpin.FlagModel // the flag whose value is typed; nil: none
	only  bool               // after --: no more flags or commands
}

// complete returns what the last word may become.
func complete(cli *app.Command, words []string) (all []string) {
	if len(words) > 1 && words[0] == "help" {
		words = words[1:]
	}
	if len(words) == 0 {
		words = []string{""}
	}
	model := cli.Model()
	l := line{path: []completer{cli.Application}, known: model.Flags, next: model.CmdGroupModel}
	current := words[len(words)-1]
	for _, word := range words[:len(words)-1] {
		l.read(word)
	}
	if current == "=" { // which bash takes as a word of its own
		current = ""
	}
	for _, candidate := range l.candidates(current) {
		if strings.HasPrefix(candidate, current) {
			all = append(all, candidate)
		}
	}
	return all
}

// read goes on by a word that is complete.
func (l *line) read(word string) {
	switch {
	case word == "=" && l.open != nil:
	case l.open != nil:
		l.open = nil
	case l.only:
	case word == "--":
		l.only = true
	case strings.HasPrefix(word, "-"):
		if f := l.flag(word); f != nil && !f.IsBoolFlag() && !strings.Contains(word, "=") {
			l.open = f
		}
	default:
		l.enter(word)
	}
}

func (l *line) enter(name string) {
	cmd := l.path[len(l.path)-1].GetCommand(name)
	if cmd == nil {
		return // an argument
	}
	model := cmd.Model()
	l.path, l.next = append(l.path, cmd), model.CmdGroupModel
	l.known = append(slices.Clip(l.known), model.Flags...)
}

// flag returns the flag that a word names, nil if there is none.
func (l *line) flag(word string) *kingpin.FlagModel {
	name, _, _ := strings.Cut(word, "=")
	for _, f := range l.flags() {
		if name == "--"+f.Name || f.Short != 0 && name == "-"+string(f.Short) {
			return f
		}
	}
	return nil
}

// flags returns those that may be given, of the command that is meant where none is named, too.
func (l *line) flags() []*kingpin.FlagModel {
	all := l.known
	for _, cmd := range l.next.Commands {
		if cmd.Default {
			all = append(slices.Clip(all), cmd.Flags...)
		}
	}
	return all
}

func (l *line) candidates(current string) (all []string) {
	switch {
	case l.open != nil:
		return l.values(l.open.Name)
	case l.only:
	case strings.HasPrefix(current, "-"):
		name, _, valued := strings.Cut(current, "=")
		if f := l.flag(name); valued && f != nil {
			for _, v := range l.values(f.Name) {
				all = append(all, name+"="+v)
			}
			return all
		}
		for _, f := range l.flags() {
			if !f.Hidden {
				all = append(all, "--"+f.Name)
			}
		}
	default:
		for _, cmd := range l.next.Commands {
			if !cmd.Hidden {
				all = append(all, cmd.Name)
			}
		}
	}
	return all
}

// values returns the words that a flag takes, of the innermost command that has it.
func (l *line) values(name string) []string {
	path := l.path
	for _, cmd := range l.next.Commands {
		if cmd.Default {
			path = append(slices.Clip(path), path[len(path)-1].GetCommand(cmd.Name))
		}
	}
	for _, cmd := range slices.Backward(path) {
		if choices, ok, _ := cmd.FlagCompletion(name, ""); ok {
			return choices
		}
	}
	return nil
}
