// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A step is something that a document has its reader do or see.
type step struct {
	lang string // of a block of code; empty: a picture
	name string // a terminal, a file, or a picture; may be empty
	text string
}

// stepsOf returns what a Markdown text has its reader do, in order. It reads as any
// other text does; the second word above a block, which is not shown, says what it is:
//
//	```sh            commands, in a shell that keeps its folder and its variables
//	```sh until      the same, again and again until they print what follows
//	```sh NAME       commands that go on in a terminal of their own; ^C ends what runs there
//	```text          what the commands before have printed; … stands for anything
//	```text NAME     what comes to stand in that terminal, below what was seen there before
//	```LANG FILE     a file to write
//	```LANG          nothing: it is only shown
//	![](screenshots/NAME.png)   what the page looks like now
func stepsOf(markdown string) (all []step) {
	for _, m := range regexp.MustCompile("(?ms)^```(\\w+) ?(\\S*)\n(.*?)^```$|^!\\[[^\\]]*\\]\\(screenshots/(\\S+)\\)$").FindAllStringSubmatch(markdown, -1) {
		s := step{lang: m[1], name: m[2], text: m[3]}
		if s.lang == "" {
			s.name = m[4]
		}
		all = append(all, s)
	}
	return all
}

// A walk does the steps of a document, in an empty folder.
type walk struct {
	t         *testing.T
	dir       string
	env       []string
	replace   *strings.Replacer // the document's addresses by those of the test
	picture   func(name string)
	terminals map[string]*terminal
	printed   string   // by the last commands
	ids       []string // of the document, each followed by what it is here
}

// A terminal is one in which something runs.
type terminal struct {
	*program
	seen int // bytes of its log
}

// newWalk begins with the programs of this project on the path, and those of a folder.
func newWalk(t *testing.T, replace *strings.Replacer, path string, env ...string) *walk {
	t.Helper()
	w := &walk{
		t: t, dir: t.TempDir(), replace: replace, terminals: map[string]*terminal{},
		env: append(os.Environ(), append(env, "PATH="+bin+":"+path+":"+os.Getenv("PATH"), "USER=anna")...),
	}
	write(t, w.dir, ".shell", "cd "+filepath.Join(w.dir, "folder")+"\n")
	write(t, w.dir, "folder/.empty", "")
	if err := os.Remove(filepath.Join(w.dir, "folder/.empty")); err != nil {
		t.Fatal(err)
	}
	return w
}

// do does all steps of a text.
func (w *walk) do(markdown string) {
	w.t.Helper()
	all := stepsOf(markdown)
	for i, s := range all {
		s.text = strings.NewReplacer(w.ids...).Replace(w.replace.Replace(s.text))
		switch {
		case s.lang == "":
			w.picture(s.name)
		case s.lang == "sh" && s.name == "until":
			w.until(s, all[i+1])
		case s.lang == "sh" && s.name != "":
			w.terminal(s)
		case s.lang == "sh":
			w.shell(s)
		case s.lang == "text" && s.name != "":
			w.comes(s)
		case s.lang == "text":
			w.shown(s)
		case s.name != "":
			write(w.t, w.folder(), s.name, s.text)
		}
	}
}

// prelude is how each shell goes on where the one before ended. As a reader would, it
// minds when a request fails.
func (w *walk) prelude() string {
	state := filepath.Join(w.dir, ".shell")
	return "curl() { command curl -fsS \"$@\"; }\nset -a\n. " + state +
		"\ntrap 'code=$?; { echo \"cd $(pwd)\"; export -p; } >" + state + "; exit $code' EXIT\n"
}

func (w *walk) command(script string) *exec.Cmd {
	cmd := exec.CommandContext(w.t.Context(), "/bin/sh", "-euc", script)
	cmd.Dir, cmd.Env = w.dir, w.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}

func (w *walk) run(s step) error {
	var out bytes.Buffer
	cmd := w.command(w.prelude() + s.text)
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	w.printed = out.String()
	return err
}

func (w *walk) shell(s step) {
	w.t.Helper()
	if err := w.run(s); err != nil {
		w.t.Fatalf("%s\n%v\n%s", s.text, err, w.printed)
	}
}

// until gives what is asynchronous its time.
func (w *walk) until(s, expected step) {
	w.t.Helper()
	pattern := w.pattern(w.replace.Replace(expected.text))
	for deadline := time.Now().Add(patience); w.run(s) != nil || !pattern.MatchString(w.printed); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("%s\nnever printed\n%s\nbut\n%s", s.text, expected.text, w.printed)
		}
	}
}

// folder is where the reader is.
func (w *walk) folder() string {
	w.t.Helper()
	cmd := w.command(w.prelude() + "pwd")
	out, err := cmd.Output()
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// terminal runs commands beside, and ends what ran there if the reader is told to.
func (w *walk) terminal(s step) {
	w.t.Helper()
	commands, interrupt := strings.CutPrefix(s.text, "^C\n")
	if before := w.terminals[s.name]; before != nil && interrupt {
		before.interrupt()
		delete(w.terminals, s.name)
	}
	if commands == "" {
		return
	}
	if w.terminals[s.name] != nil {
		w.t.Fatalf("something runs in the terminal %s: the document has to say ^C before\n%s", s.name, commands)
	}
	p := &program{name: s.name, cmd: w.command("cd '" + w.folder() + "'\n" + commands), log: &logBuffer{}, done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	one := &terminal{program: p}
	w.terminals[s.name] = one
	w.t.Cleanup(func() {
		one.interrupt()
		if w.t.Failed() {
			w.t.Logf("in the terminal %s:\n%s", s.name, p.log)
		}
	})
}

// interrupt does what Ctrl-C does, to all that runs there.
func (c *terminal) interrupt() {
	_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGINT) // it may have ended by itself
	select {
	case <-c.done:
	case <-time.After(patience):
		_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL)
		<-c.done
	}
}

// shown compares what the commands printed, and learns of ids.
func (w *walk) shown(s step) {
	w.t.Helper()
	if !w.pattern(s.text).MatchString(w.printed) {
		w.t.Fatalf("the document shows\n%s\nbut there is\n%s", s.text, w.printed)
	}
	if documented := incidentID().FindStringSubmatch(s.text); documented != nil {
		w.ids = append(w.ids, documented[1], incidentID().FindStringSubmatch(w.printed)[1])
	}
}

// incidentID finds the id in the address of an incident.
func incidentID() *regexp.Regexp { return regexp.MustCompile(`/incidents/([a-z0-9]{12})\b`) }

// comes waits until a terminal shows the text.
func (w *walk) comes(s step) {
	w.t.Helper()
	c := w.terminals[s.name]
	if c == nil {
		w.t.Fatalf("there is no terminal %s", s.name)
	}
	pattern := regexp.MustCompile("(?m)" + strings.TrimSuffix(strings.TrimPrefix(w.pattern(s.text).String(), `\A`), `\s*\z`))
	deadline := time.Now().Add(patience)
	for {
		if at := pattern.FindStringIndex(c.log.String()[c.seen:]); at != nil {
			c.seen += at[1]
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("in the terminal %s there never was\n%s", s.name, s.text)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// pattern matches what a document shows: … is anything in a line, or any lines.
// An id is another each time.
func (w *walk) pattern(shown string) *regexp.Regexp {
	quoted := regexp.QuoteMeta(strings.TrimRight(shown, "\n"))
	quoted = regexp.MustCompile(`(?m)^…$`).ReplaceAllString(quoted, `(?s:.*)`)
	quoted = strings.ReplaceAll(quoted, "…", ".*")
	if id := incidentID().FindStringSubmatch(shown); id != nil {
		quoted = strings.ReplaceAll(quoted, id[1], `[a-z0-9]{12}`)
	}
	quoted = strings.ReplaceAll(quoted, "\n", `\s*\n`)
	return regexp.MustCompile(`\A` + quoted + `\s*\z`)
}
