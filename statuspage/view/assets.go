// SPDX-License-Identifier: Apache-2.0

package view

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"mime"
	"path"
	"regexp"
	"strings"
	"sync"
)

//go:embed assets/*
var assetFiles embed.FS

// An Asset is a file that pages refer to. Its path holds a hash of its content,
// so that it may be cached for ever.
type Asset struct {
	Path        string // as in the URL, from the slash
	ContentType string
	Body        []byte // not to be changed
}

// Assets returns every asset.
func Assets() []Asset {
	var all []Asset
	for _, a := range assets() {
		if !inline(a.name) {
			all = append(all, a.Asset)
		}
	}
	return all
}

// inline tells whether pages hold the file, so that it needs no request.
func inline(file string) bool { return file == "page.css" || file == "theme.js" }

// inlined returns the text of such a file, without what only its readers need.
func inlined(file string) string { return compacted()[file] }

var compacted = sync.OnceValue(func() map[string]string { //nolint:gochecknoglobals // made once
	comment, space := regexp.MustCompile(`(?s:/\*.*?\*/)|(?m:^\s*//.*$)`), regexp.MustCompile(`\s+`)
	around := regexp.MustCompile(` ?([{};,>]) ?`)
	all := map[string]string{}
	for name, a := range assets() {
		if inline(name) {
			text := space.ReplaceAllString(comment.ReplaceAllString(string(a.Body), ""), " ")
			all[name] = strings.TrimSpace(strings.ReplaceAll(around.ReplaceAllString(text, "$1"), ";}", "}"))
		}
	}
	return all
})

// assetPath returns the path of the asset that the file is served as.
func assetPath(file string) string { return assets()[file].Path }

type namedAsset struct {
	Asset
	name string
}

// assets are read once, by the name of the file.
var assets = sync.OnceValue(func() map[string]namedAsset { //nolint:gochecknoglobals // read once
	files, err := assetFiles.ReadDir("assets")
	if err != nil {
		panic(err) // embedded: does not happen
	}
	all := map[string]namedAsset{}
	for _, f := range files {
		body, err := assetFiles.ReadFile("assets/" + f.Name())
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(body)
		ext := path.Ext(f.Name())
		name := f.Name()[:len(f.Name())-len(ext)] + "-" + hex.EncodeToString(sum[:6]) + ext
		all[f.Name()] = namedAsset{Asset{Path: "/assets/" + name, ContentType: contentType(ext), Body: body}, f.Name()}
	}
	return all
})

func contentType(ext string) string {
	switch ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.TypeByExtension(ext)
}
