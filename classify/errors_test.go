package classify_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/classify"
)

func TestErrors(t *testing.T) {
	t.Parallel()
	pairs := provenance("same", "other")
	pairs.PairColumn = "second"
	folders := four(t)
	folders["pairs"] = save(t, 2, 5, pairs, nil, "query")
	c := open(t, classify.Options{Adapters: folders})
	texts := classify.Texts("a", "b")
	for name, tt := range map[string]struct {
		options []classify.Option
		code    classify.Code
		says    string
	}{
		"none named":        {nil, classify.CodeNoAdapter, "several adapters are loaded: name one of heads, number, pairs, three, two"},
		"not loaded":        {[]classify.Option{classify.WithAdapter("five")}, classify.CodeNoAdapter, `no adapter "five" is loaded`},
		"rank 0":            {[]classify.Option{classify.WithAdapter("two"), classify.WithRank(0)}, classify.CodeRank, "rank 0 is not in 1 to 8"},
		"rank 9":            {[]classify.Option{classify.WithAdapter("two"), classify.WithRank(9)}, classify.CodeRank, "rank 9 is not in 1 to 8"},
		"no decision":       {[]classify.Option{classify.WithAdapter("two"), classify.WithRank(classify.AutoRank)}, classify.CodeRank, "no rank that dylora sweep chose"},
		"too many labels":   {[]classify.Option{classify.WithAdapter("two"), classify.WithTopK(3)}, classify.CodeOption, "has 2"},
		"no labels":         {[]classify.Option{classify.WithAdapter("two"), classify.WithTopK(0)}, classify.CodeOption, "1 or more"},
		"a threshold of 1":  {[]classify.Option{classify.WithAdapter("two"), classify.WithThreshold(1, "")}, classify.CodeOption, "below 1"},
		"a useless one":     {[]classify.Option{classify.WithAdapter("two"), classify.WithThreshold(0.5, "")}, classify.CodeOption, "never below"},
		"a label as unsure": {[]classify.Option{classify.WithAdapter("two"), classify.WithThreshold(0.9, "no")}, classify.CodeOption, `"no" is a label`},
		"a regression's":    {[]classify.Option{classify.WithAdapter("number"), classify.WithThreshold(0.9, "")}, classify.CodeOption, "regression"},
	} {
		_, err := c.Classify(t.Context(), texts, tt.options...)
		var e *classify.Error
		if !errors.As(err, &e) || e.Code != tt.code || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, tt := range map[string]struct{ good, bad classify.Text }{
		"two":   {classify.Texts("a")[0], classify.Pair("a", "b")},
		"pairs": {classify.Pair("a", ""), classify.Texts("a")[0]},
	} {
		r, err := c.Classify(t.Context(), []classify.Text{tt.good, tt.bad, tt.good}, classify.WithAdapter(name))
		var e *classify.Error
		if err != nil || r[0].Err != nil || r[2].Err != nil || !errors.As(r[1].Err, &e) || e.Code != classify.CodeText || r[1].Logits != nil {
			t.Errorf("%s: %v %+v", name, err, r)
		}
		if !slices.Equal(r[0].Logits, r[2].Logits) || r[0].Label == "" {
			t.Errorf("%s: %+v and %+v", name, r[0], r[2])
		}
	}
	for name, folder := range map[string]string{"two": folders["two"], "": folders["two"], "gone": filepath.Join(t.TempDir(), "nothing")} {
		code := map[string]classify.Code{"two": classify.CodeExists, "": classify.CodeOption, "gone": classify.CodeAdapter}[name]
		var e *classify.Error
		if _, err := c.Load(t.Context(), name, folder, 0); !errors.As(err, &e) || e.Code != code {
			t.Errorf("load %q: %v", name, err)
		}
	}
	var e *classify.Error
	if _, err := c.Load(t.Context(), "deep", folders["two"], 9); !errors.As(err, &e) || e.Code != classify.CodeRank {
		t.Errorf("default rank 9: %v", err)
	}
	if err := c.Unload(t.Context(), "five"); !errors.As(err, &e) || e.Code != classify.CodeNoAdapter {
		t.Errorf("unload: %v", err)
	}
	if r, err := c.Classify(t.Context(), nil, classify.WithAdapter("two")); err != nil || len(r) != 0 {
		t.Errorf("no texts: %v", err)
	}
}

func TestChoices(t *testing.T) {
	t.Parallel()
	c := open(t, classify.Options{Adapters: map[string]string{"three": save(t, 4, 2, provenance("a", "b", "c"), nil, "value")}, MaxLength: 8})
	ask := func(text string, o ...classify.Option) classify.Result {
		r, err := c.Classify(t.Context(), classify.Texts(text), o...)
		must(t, err)
		must(t, r[0].Err)
		return r[0]
	}
	all, top, unsure := ask("a film"), ask("a film", classify.WithTopK(2)), ask("a film", classify.WithThreshold(0.999, "?"))
	if len(all.Labels) != 3 || all.Labels[0].Name != "a" || len(top.Labels) != 2 || top.Labels[0].Name != all.Label || top.Labels[0].Probability != all.Probability {
		t.Errorf("%+v, the first two %+v", all, top)
	}
	if unsure.Label != "?" || unsure.Probability != all.Probability {
		t.Errorf("%+v", unsure)
	}
	if r := ask("a film", classify.WithLogits()); !slices.Equal(r.Logits, all.Logits) || r.Label != "" || r.Labels != nil {
		t.Errorf("%+v", r)
	}
	if long := ask(strings.Repeat("film ", 100)); !long.Truncated || long.Tokens != 8 || all.Truncated || all.Tokens < 3 {
		t.Errorf("%+v, and short %+v", long, all)
	}
	i := c.Adapters()
	if len(i) != 1 || i[0].Rank != 4 || i[0].Default != 4 || i[0].MaxLength != 8 || i[0].Kind != "classification" || i[0].Model != "mini" || i[0].Pair {
		t.Errorf("%+v", i)
	}
}
