// SPDX-License-Identifier: Apache-2.0

package folder

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/internal/configfile"
)

//go:embed messages.tmpl
var messages string

const messagesFile = "templates/messages.tmpl"

// Said is a text in JSON that says what happened, as a template.
const Said = `"{{ template "messages.title" . }}"`

// What the templates of messages are called.
const (
	titleWords   = `{{ template "messages.title" . }}`
	textWords    = `{{ template "messages.text" . }}`
	messageWords = `{{ template "messages.message" . }}`
)

// A said is what an alert of a node says, if anything.
type said struct{ node, text string }

// Describe has messages to a receiver say more of a node.
func (f *Folder) Describe(n *Node, receiver, text string) {
	f.descriptions[receiver] = append(f.descriptions[receiver], said{n.path(), Label(text, "")})
}

func (n *Node) path() string { return n.Service.ID + "/" + n.ID }

// messageFile returns the templates of messages, which know what ids stand for.
func (f *Folder) messageFile() convert.File {
	var services, nodes, descriptions strings.Builder
	for _, s := range f.services {
		if s.name != s.ID {
			choice(&services, "name", s.name, "$id", s.ID)
		}
		for _, n := range s.nodes {
			if n.name != n.ID {
				choice(&nodes, "name", n.name, "$id", n.path())
			}
		}
	}
	for _, r := range f.receivers {
		name, _ := r[0].Value.(string)
		f.describe(&descriptions, name)
	}
	text := strings.NewReplacer(
		"{{- /* SERVICES */ -}}\n", services.String(),
		"{{- /* NODES */ -}}\n", nodes.String(),
		"{{- /* DESCRIPTIONS */ -}}\n", descriptions.String(),
	).Replace(messages)
	return convert.File{Name: messagesFile, Data: []byte(text)}
}

// describe writes what messages to a receiver say of nodes: once, if that is the same
// of all of them.
func (f *Folder) describe(b *strings.Builder, receiver string) {
	all := f.descriptions[receiver]
	if len(all) > 1 && !slices.ContainsFunc(all, func(one said) bool { return one.text != all[0].text }) && all[0].text != "" {
		choice(b, "said", all[0].text, ".Receiver", receiver)
		return
	}
	for _, one := range all {
		if one.text != "" {
			choice(b, "said", one.text, ".Receiver", receiver, "$id", one.node)
		}
	}
}

// choice writes that a variable has a value where each of the operands is what stands
// behind it.
func choice(b *strings.Builder, variable, value string, operands ...string) {
	var test []string
	for pair := range slices.Chunk(operands, 2) {
		test = append(test, fmt.Sprintf("eq %s %s", pair[0], strconv.Quote(pair[1])))
	}
	condition := test[0]
	if len(test) > 1 {
		condition = "and (" + strings.Join(test, ") (") + ")"
	}
	fmt.Fprintf(b, "  {{- if %s }}{{ $%s = %s }}{{ end -}}\n", condition, variable, strconv.Quote(value))
}

// worded returns the settings of a receiver, with what it says under each of the keys
// that are not there already.
func worded(settings configfile.Map, words ...configfile.Entry) configfile.Map {
	for _, w := range words {
		if !slices.ContainsFunc(settings, func(e configfile.Entry) bool { return e.Key == w.Key }) {
			settings = append(settings, w)
		}
	}
	return settings
}

// hookWords returns what a receiver says that is all in an address.
func hookWords(kind string) []configfile.Entry {
	title := configfile.Entry{Key: "title", Value: titleWords}
	switch kind {
	case "discord":
		return []configfile.Entry{title, {Key: "message", Value: textWords}}
	case "msteams":
		return []configfile.Entry{title, {Key: "summary", Value: titleWords}, {Key: "text", Value: textWords}}
	case "msteamsv2":
		return []configfile.Entry{title, {Key: "text", Value: textWords}}
	}
	return []configfile.Entry{title, {Key: "fallback", Value: titleWords}, {Key: "text", Value: textWords}}
}
