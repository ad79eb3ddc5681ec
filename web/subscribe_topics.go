package web

import (
	"slices"

	"postrider/store"
)

// TopicsView is the choice of topics in a form.
type TopicsView struct {
	Topics     []ChoiceView // shown at once: the most used ones, and those chosen
	MoreTopics []ChoiceView // shown on demand
	Offered    int          // how many are, of more that there are; 0: all
}

// How many topics a form shows at once, and on demand. A site with thousands of tags
// would otherwise have a form of half a megabyte.
const (
	frontTopics = 12
	mostTopics  = 200
)

// topicChoices are the most used tags, front of them to be shown at once, and those
// that were chosen.
func topicChoices(tags []store.TagCount, chosen []string, front int) TopicsView {
	var v TopicsView
	for i, t := range tags {
		switch has := slices.Contains(chosen, t.Tag); {
		case has || i < front:
			v.Topics = append(v.Topics, ChoiceView{t.Tag, t.Label, has})
		case i < mostTopics:
			v.MoreTopics = append(v.MoreTopics, ChoiceView{t.Tag, t.Label, false})
		default:
			v.Offered = mostTopics
		}
	}
	return v
}

// ownTopics are topicChoices with what a reader chose before and no post has now:
// one may have it again.
func ownTopics(tags []store.TagCount, chosen []string) TopicsView {
	v := topicChoices(tags, chosen, frontTopics)
	for _, topic := range chosen {
		if !slices.ContainsFunc(tags, func(t store.TagCount) bool { return t.Tag == topic }) {
			v.Topics = append(v.Topics, ChoiceView{topic, topic, true})
		}
	}
	return v
}
