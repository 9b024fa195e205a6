// SPDX-License-Identifier: Apache-2.0

package format

import (
	_ "embed" // the script
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

//go:embed embed.js
var embedScript string

// bannerEvery is how often the banner asks how things are, in seconds.
const bannerEvery = 60

// EmbedScript returns the format of /embed.js: a script for sites of customers, which
// shows a banner there while something has been dead for longer than after. It asks
// for /api/v2/status.json, which other sites must be allowed to read, of the site that
// the script itself came from or, if there is one, of the BaseURL.
func EmbedScript(after time.Duration) Func {
	return func(w io.Writer, _ statuspage.Page, o Options) error {
		words := o.words()
		settings, err := json.Marshal(map[string]any{
			"after": int(after.Seconds()), "every": bannerEvery, "base": o.BaseURL, "language": words.Tag, "label": words.Text("embed.label"),
			"down": words.Text("embed.down"), "details": words.Text("embed.details"), "dismiss": words.Text("embed.dismiss"),
		})
		if err != nil {
			return fmt.Errorf("write the settings of the banner: %w", err)
		}
		_, err = io.WriteString(w, strings.Replace(embedScript, `"SETTINGS"`, string(settings), 1))
		return err
	}
}
