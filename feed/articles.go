package feed

import (
	"sync"

	"postrider/post"
)

// articlesRoom is how many octets of rendered articles are remembered, in each of
// two generations. The site's feed and those of its common tags fit.
const articlesRoom = 4 << 20

// articles remembers rendered posts: when one post changes, the others of its
// feeds need not be rendered again. What was not asked for during a whole
// generation is forgotten. Its zero value is empty.
type articles struct {
	mu          sync.Mutex
	young, aged map[articleKey]post.Article
	size        int // of the young, in octets
}

// articleKey names all that a rendering depends on. What a revision says never
// changes; dates and state are not rendered.
type articleKey struct {
	id       string
	revision int
	slug     string
}

func (m *articles) article(p post.Post, render func(post.Post) (post.Article, error)) (post.Article, error) {
	key := articleKey{p.ID, p.Revision, p.Slug}
	m.mu.Lock()
	a, known := m.young[key]
	if !known {
		if a, known = m.aged[key]; known {
			m.keep(key, a)
		}
	}
	m.mu.Unlock()
	if known {
		// All else is of the revision, or was made from it.
		a.State, a.Number, a.Published, a.Updated = p.State, p.Number, p.Published, p.Updated
		return a, nil
	}
	a, err := render(p)
	if err != nil {
		return a, err
	}
	a.Text = "" // no feed holds it
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keep(key, a)
	return a, nil
}

// keep adds an article to the young, who become the aged when they are too many.
func (m *articles) keep(key articleKey, a post.Article) {
	if m.young == nil || m.size > articlesRoom {
		m.young, m.aged, m.size = make(map[articleKey]post.Article), m.young, 0
	}
	m.young[key] = a
	m.size += len(a.HTML) + len(a.Body) + 1<<10
}
