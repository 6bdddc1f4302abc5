package demo

import "strings"

// split holds words of one kind, parted by spaces: those of the training set, and those
// that only dev has.
type split struct{ train, dev string }

// polar holds words that praise and words that blame.
type polar struct{ good, bad split }

// topic is the lexicon of one subject.
type topic struct {
	nouns      split // neutral, in the singular
	adjectives polar // fit to judge these nouns
}

// judged is polar for one of the sets.
type judged struct{ good, bad []string }

func (j judged) of(good bool) []string {
	if good {
		return j.good
	}
	return j.bad
}

// subject is topic for one of the sets.
type subject struct {
	nouns      []string
	adjectives judged
}

// vocabulary is all that one of the sets may use besides the words in the patterns.
type vocabulary struct {
	subjects   []subject
	adjectives judged   // that suit any noun
	liked      judged   // somebody ___ it
	pleased    judged   // it ___ somebody
	triumph    judged   // it was a ___
	well       judged   // it went ___
	who        []string // with their article or pronoun
	when       []string
}

func trainWords() *vocabulary {
	return choose(func(s split) []string { return strings.Fields(s.train) })
}
func devWords() *vocabulary { return choose(func(s split) []string { return strings.Fields(s.dev) }) }

// choose takes one set's side of every list.
func choose(side func(split) []string) *vocabulary {
	both := func(p polar) judged { return judged{side(p.good), side(p.bad)} }
	phrases := func(s split) []string {
		list := side(s)
		for i, p := range list {
			list[i] = strings.ReplaceAll(p, "_", " ")
		}
		return list
	}
	v := &vocabulary{
		adjectives: both(general), liked: both(liked), pleased: both(pleased),
		triumph: both(triumph), well: both(well), who: phrases(who), when: phrases(when),
	}
	for _, t := range topics() {
		v.subjects = append(v.subjects, subject{side(t.nouns), both(t.adjectives)})
	}
	return v
}

// topics lists the subjects that the sentences are about.
func topics() []topic {
	return []topic{food, home, neighbours, health, films, books, music, weather, travel, sport, work, tools}
}

// Words for any subject. Comparatives and intensifiers are shared by both sets.
var (
	comparatives = judged{[]string{"better"}, []string{"worse"}}
	intensifiers = []string{"very", "utterly", "truly", "really", "rather", "most"}

	general = polar{
		good: split{
			"good great nice fine pleasant beautiful delightful admirable superb marvellous agreeable " +
				"happy grand attractive welcome favourite worthy remarkable",
			"wonderful lovely excellent splendid charming perfect glorious magnificent"},
		bad: split{
			"bad poor miserable wretched ugly nasty shocking unpleasant disgraceful hopeless vile " +
				"hateful evil sad grim deplorable inferior pitiful ghastly",
			"terrible awful dreadful horrible disgusting shameful frightful abominable"},
	}
	liked = polar{
		good: split{"enjoyed liked admired praised valued welcomed respected trusted preferred", "loved recommended adored appreciated"},
		bad:  split{"hated disliked criticised regretted avoided blamed resented refused loathed", "despised detested condemned rejected"},
	}
	pleased = polar{
		good: split{"pleased delighted impressed cheered helped honoured rewarded", "charmed satisfied thrilled enchanted"},
		bad:  split{"disappointed annoyed shocked upset bored angered troubled worried cheated", "disgusted horrified offended tormented"},
	}
	triumph = polar{
		good: split{"pleasure treat triumph delight treasure bargain gift prize", "blessing success miracle masterpiece"},
		bad:  split{"disaster failure mistake nuisance mess burden bore danger", "catastrophe calamity scandal horror"},
	}
	well = polar{
		good: split{"well nicely smoothly beautifully wisely properly comfortably safely", "perfectly wonderfully splendidly gloriously"},
		bad:  split{"badly poorly miserably wrong hopelessly sadly clumsily wretchedly", "dreadfully horribly terribly shamefully"},
	}
	who = split{
		"my_aunt our_teacher my_brother the_children our_guests my_wife the_soldier",
		"my_uncle my_sister the_servant our_visitors my_husband the_maid"}
	when = split{
		"yesterday last_week in_the_spring on_Monday after_supper in_March",
		"tonight last_month in_the_summer on_Friday before_noon in_December"}
)
