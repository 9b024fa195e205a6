// SPDX-License-Identifier: Apache-2.0

package config

import (
	"cmp"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pharos-status/pharos/bridge/words"
	"github.com/pharos-status/pharos/internal/configfile"
)

// DeadLetters is the name that no channel may have: the dead letters are at its
// place.
const DeadLetters = "dead-letters"

var channelName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

// A checker collects what is wrong with a file.
type checker struct {
	file *configfile.File
	errs configfile.Errors
}

func (k *checker) errorf(p configfile.Path, format string, args ...any) {
	k.errs = append(k.errs, k.file.Errorf(p, format, args...))
}

// check validates c, which was decoded from f, and completes it.
func (c *Config) check(f *configfile.File, o Options) error {
	k := checker{file: f}
	c.external = k.externalURL(c.ExternalURL)
	if c.external != nil {
		c.ExternalURL = c.external.String()
	}
	token, err := f.Secret(configfile.Path{"webhook"}, "token", c.Webhook.Token, c.Webhook.TokenFile)
	if err != nil {
		k.errs = append(k.errs, err)
	}
	c.Webhook.Token = token
	k.delivery(configfile.Path{"delivery"}, c.Delivery)
	c.Page.Title = cmp.Or(strings.TrimSpace(c.Page.Title), o.PageTitle, "Status Page")
	k.pageURL(c.Page.URL)
	c.Page.URL = cmp.Or(c.Page.URL, o.PageURL)
	c.words = k.words(c, o)
	k.channels(c)
	return k.errs.Err()
}

// externalURL returns the address without a slash at its end, nil if it is none.
func (k *checker) externalURL(text string) *url.URL {
	p := configfile.Path{"external_url"}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		k.errorf(p, "not an address; write one such as http://127.0.0.1:9642")
	case u.User != nil:
		k.errorf(p, "an address holds no user and password; use webhook.token_file")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		k.errorf(p, "%q has a query or a fragment; remove it", text)
	case strings.HasSuffix(u.Path, "/bridge") || strings.Contains(u.Path, "/bridge/"):
		k.errorf(p, "%q has the path of a channel; end it before /bridge", text)
	default:
		u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
		return u
	}
	return nil
}

func (k *checker) pageURL(link string) {
	u, err := url.Parse(link)
	if link != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		k.errorf(configfile.Path{"page", "url"}, "%q is not an address; write it in full, such as https://status.example.com/", link)
	}
}

// words reads the templates; nil if something is wrong with them.
func (k *checker) words(c *Config, o Options) *words.Words {
	before := len(k.errs)
	location, err := time.LoadLocation(c.Location)
	if err != nil || c.Location == "Local" {
		k.errorf(configfile.Path{"location"}, "%q is no time zone; write one such as UTC or Europe/Zurich", c.Location)
	}
	files := make([]string, len(c.Templates))
	for i, pattern := range c.Templates {
		files[i] = k.file.Path(pattern)
		p := configfile.Path{"templates", i}
		if found, err := filepath.Glob(files[i]); err != nil {
			k.errorf(p, "%q is no pattern of file names: a [ stands there without its ], or a \\ at the end", pattern)
		} else if len(found) == 0 {
			k.errorf(p, "no file is called %s; write it, or remove the pattern", files[i])
		}
	}
	if len(k.errs) > before {
		return nil
	}
	w, err := words.New(words.Options{
		Files: files, PageTitle: c.Page.Title, PageURL: c.Page.URL, Location: location, Logger: o.Logger,
	})
	if err != nil {
		k.errorf(configfile.Path{"templates"}, "%v", err)
		return nil
	}
	return w
}

func (k *checker) channels(c *Config) {
	seen := map[string]bool{}
	for i := range c.Channels {
		ch, p := &c.Channels[i], configfile.Path{"channels", i}
		k.name(p.At("name"), ch.Name, seen)
		if ch.Delivery != c.Delivery {
			k.delivery(p.At("delivery"), ch.Delivery)
		}
		k.kind(p, ch, c.words)
	}
}

func (k *checker) name(p configfile.Path, name string, seen map[string]bool) {
	switch {
	case name == "":
		k.errorf(p, "the channel has no name; give it one")
	case !channelName.MatchString(name):
		k.errorf(p, "%q can't be part of an address; use 1 to 64 letters, digits, - and _", name)
	case name == DeadLetters:
		k.errorf(p, "%q is where the dead letters are; use another name", name)
	case seen[name]:
		k.errorf(p, "duplicate channel %q; give it a name of its own", name)
	}
	seen[name] = true
}

// kind checks that the channel is of one kind, and the settings of that.
func (k *checker) kind(p configfile.Path, ch *Channel, w *words.Words) {
	var set []string
	for kind := range ch.kinds() {
		set = append(set, kind)
	}
	switch all := kinds(); len(set) {
	case 1:
		if w != nil { // else its templates can't be tried
			k.errs = append(k.errs, ch.Settings().Check(k.file, p.At(set[0]), w)...)
		}
	case 0:
		k.errorf(p, "the channel is of no kind; give it the settings of one: %s", strings.Join(all, ", "))
	default:
		k.errorf(p.At(slices.Max(set)), "the channel is of more than one kind: %s; make a channel of each", strings.Join(set, " and "))
	}
}
