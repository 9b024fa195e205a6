// SPDX-License-Identifier: Apache-2.0

package words

import (
	"embed"
	"encoding/json"
	"sync"

	"golang.org/x/text/language"
)

//go:embed catalogue/*.json
var catalogueFiles embed.FS

// Languages returns the tags of all languages there are, English first.
func Languages() []string { return []string{"en", "fr", "de", "es", "pt", "nl", "ja", "zh"} }

// A library is all catalogues, and how to choose between them.
type library struct {
	words   map[string]*Words
	matcher language.Matcher
}

// books are read once, at the first use.
var books = sync.OnceValue(func() library { //nolint:gochecknoglobals // read once, never changed
	l := library{words: map[string]*Words{}}
	var tags []language.Tag
	for _, name := range Languages() {
		w := &Words{Tag: name, tag: language.MustParse(name)}
		text, err := catalogueFiles.ReadFile("catalogue/" + name + ".json")
		if err != nil {
			panic(err) // embedded: does not happen
		}
		if err := json.Unmarshal(text, &w.messages); err != nil {
			panic(name + ".json: " + err.Error()) // a test reads it
		}
		l.words[name] = w
		tags = append(tags, w.tag)
	}
	l.matcher = language.NewMatcher(tags)
	return l
})

// In returns the words of a language, English if there is none such.
func In(tag string) *Words {
	if w := books().words[tag]; w != nil {
		return w
	}
	return books().words["en"]
}

// maxHeader bounds the Accept-Language header that is read, in bytes.
const maxHeader = 300

// Match returns the tag of the language that suits an Accept-Language header best.
func Match(header string) string {
	if len(header) > maxHeader {
		return "en"
	}
	wanted, _, err := language.ParseAcceptLanguage(header)
	if err != nil || len(wanted) == 0 {
		return "en"
	}
	_, index, _ := books().matcher.Match(wanted...)
	return Languages()[index]
}
