package demo

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
