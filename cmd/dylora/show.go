package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"
)

// newConfigCmd groups what there is to say about settings.
func newConfigCmd(io *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "config",
		Short:   "Look at settings",
		Example: "  dylora config show",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newConfigShowCmd(io, runConfigShow))
	return cmd
}

// configShowOptions is everything `dylora config show` needs.
type configShowOptions struct {
	io      *streams
	sources sources
	json    bool
}

func newConfigShowCmd(io *streams, runF func(*configShowOptions) error) *cobra.Command {
	opts := &configShowOptions{io: io}
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Print every setting of train with its value and origin",
		Long: `Print every setting that 'dylora train' would use, and where it comes from: default, the
task's recipe, the file of --config, an environment variable, or a flag; each beats
those before it. A setting has one name: max_steps in a file is --max-steps and
DYLORA_MAX_STEPS.`,
		Example: `  dylora config show
  dylora config show --task sst2 --lr 5e-4
  dylora config show --config run.yaml --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if opts.sources, err = readSources(cmd); err != nil {
				return err
			}
			return runF(opts)
		},
	}
	addConfigFlag(cmd)
	addSettings(cmd.Flags(), allKeys()...)
	addJSONFlag(cmd, &opts.json)
	return cmd
}

func runConfigShow(o *configShowOptions) error {
	r, err := o.sources.withRecipe()
	if err != nil {
		return err
	}
	if o.json {
		type entry struct {
			Key    string `json:"key"`
			Value  any    `json:"value"`
			Origin string `json:"origin"`
			From   string `json:"from,omitempty"`
		}
		var shown struct {
			Settings []entry `json:"settings"`
		}
		for _, s := range r.settings() {
			shown.Settings = append(shown.Settings, entry{s.key, s.value.Interface(), r.origin[s.key], r.where[s.key]})
		}
		return printJSON(o.io.out, shown)
	}
	t := plainTable()
	t.AppendHeader(table.Row{"setting", "value", "origin"})
	for _, s := range r.settings() {
		t.AppendRow(table.Row{s.key, yamlValue(s.value.Interface()), r.originText(s.key)})
	}
	_, err = fmt.Fprintln(o.io.out, t.Render())
	return err
}

// originText is "default", or an origin with its place: "file (run.yaml line 3)".
func (r *resolved) originText(key string) string {
	switch origin := r.origin[key]; origin {
	case "file", "env", "flag", "run":
		return fmt.Sprintf("%s (%s)", origin, r.where[key])
	default:
		return origin
	}
}

// yaml writes the settings as a file that --config takes, each with its origin behind it.
func (r *resolved) yaml() []byte {
	var b strings.Builder
	for _, s := range r.settings() {
		fmt.Fprintf(&b, "%s: %s # %s\n", s.key, yamlValue(s.value.Interface()), r.origin[s.key])
	}
	return []byte(b.String())
}

// yamlValue is v as YAML reads it back with the same type. Text is quoted unless it is a
// plain word; JSON's quoting is YAML's, too.
func yamlValue(v any) string {
	switch v := v.(type) {
	case float64:
		s := strconv.FormatFloat(v, 'g', -1, 64)
		if strings.Contains(s, "e") && !strings.Contains(s, ".") { // YAML wants 1.0e-05
			s = strings.Replace(s, "e", ".0e", 1)
		}
		return s
	case string:
		if v != "" && strings.Trim(v, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/_,.") == "" && plainWord(v) {
			return v
		}
		q, err := json.Marshal(v)
		if err != nil {
			return strconv.Quote(v)
		}
		return string(q)
	}
	return fmt.Sprint(v)
}

// plainWord says whether YAML takes an unquoted word as text.
func plainWord(s string) bool {
	switch strings.ToLower(s) {
	case "true", "false", "yes", "no", "on", "off", "y", "n", "null", ".inf", ".nan", "~":
		return false
	}
	return s[0] != ',' && s[0] != '.'
}

// printJSON prints one object on one line.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
