// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"strings"
	"text/template"

	"github.com/alecthomas/kingpin/v2"
)

// A chapter is commands that help lists together.
type chapter struct {
	Title    string
	commands []string
}

func chapters() []chapter {
	return []chapter{
		{"See how things are", []string{"status", "journal"}},
		{"Tell people", []string{"incident", "maintenance", "announce", "correction", "template", "subscribers"}},
		{"Alerts", []string{"silence", "bridge"}},
		{"Configuration", []string{"check", "convert", "rules"}},
		{"Applications", []string{"report", "listen"}},
		{"This program", []string{"completion", "help"}},
	}
}

// Rows are the commands of the chapter, and what each does.
func (c chapter) Rows(all []*kingpin.CmdModel) (rows [][2]string) {
	for _, name := range c.commands {
		if i := slices.IndexFunc(all, func(cmd *kingpin.CmdModel) bool { return cmd.Name == name }); i >= 0 {
			rows = append(rows, [2]string{name, firstParagraph(all[i].Help)})
		}
	}
	return rows
}

// firstParagraph is that of a help, on one line.
func firstParagraph(help string) string {
	first, _, _ := strings.Cut(help, "\n\n")
	return strings.Join(strings.Fields(first), " ")
}

// helpLike has help list commands by chapters, and a group's subcommands by a line or
// two each; the help of one command tells everything.
func helpLike(cli *kingpin.Application) {
	cli.HelpFlag.Help("Show help.")
	cli.UsageTemplate(usage)
	cli.UsageFuncs(template.FuncMap{"Chapters": chapters, "First": firstParagraph})
}

const usage = `{{define "Command" -}}
{{if .FlagSummary}} {{.FlagSummary}}{{end -}}
{{range .Args}}{{if not .Hidden}} {{if not .Required}}[{{end}}{{if .PlaceHolder}}{{.PlaceHolder}}{{else}}<{{.Name}}>{{end}}{{if .Value|IsCumulative}}...{{end}}{{if not .Required}}]{{end}}{{end}}{{end -}}
{{end -}}
{{define "Rest" -}}
{{if .Context.Flags}}
Flags:
{{.Context.Flags|FlagsToTwoColumns|FormatTwoColumns -}}
{{end -}}
{{if .Context.Args}}
Args:
{{.Context.Args|ArgsToTwoColumns|FormatTwoColumns -}}
{{end -}}
{{end -}}
{{if .Context.SelectedCommand -}}
usage: {{.App.Name}} {{.Context.SelectedCommand}}{{template "Command" .Context.SelectedCommand}}{{if .Context.SelectedCommand.Commands}} <command> [<args> ...]{{end}}

{{.Context.SelectedCommand.Help|Wrap 0 -}}
{{if .Context.SelectedCommand.Commands}}
Commands (* where none is named):
{{range .Context.SelectedCommand.FlattenedCommands}}{{if not .Hidden}}
  {{.FullCommand}}{{if .Default}}*{{end}}{{template "Command" .}}
{{First .Help|Wrap 6 -}}
{{end}}{{end -}}
{{end -}}
{{template "Rest" . -}}
{{else -}}
usage: {{.App.Name}} <command> [<args> ...]

{{.App.Help|Wrap 0 -}}
{{$all := .App.Commands -}}
{{range Chapters}}
{{.Title}}:
{{.Rows $all|FormatTwoColumns -}}
{{end -}}
{{template "Rest" . -}}
{{end -}}
`
