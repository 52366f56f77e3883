// Draws the diagrams of a page: every code block in the language `mermaid`.
//
// - The library is large, so it is loaded (from this book, never from the network) only on a
//   page that has a diagram.
// - The colours are the page's own: they are read from the custom properties of book.css, and the
//   diagrams are drawn again when the reader changes the theme.
// - Without JavaScript, or when a diagram has a mistake, the reader sees its source as text.

'use strict';

(function diagrams() {
    const blocks = Array.from(document.querySelectorAll('code.language-mermaid'));
    if (blocks.length === 0) {
        return;
    }

    const figures = blocks.map(block => {
        const source = block.textContent;
        const figure = document.createElement('figure');
        figure.className = 'diagram';
        const listing = block.closest('pre');
        listing.replaceWith(figure);
        figure.append(listing);
        return { figure, source };
    });

    function colour(name) {
        return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    }

    function settings() {
        const [text, line, box, edge, group, note, noteEdge] = [
            '--diagram-text', '--diagram-line', '--diagram-box', '--diagram-box-edge',
            '--diagram-group', '--diagram-note', '--diagram-note-edge',
        ].map(colour);
        return {
            startOnLoad: false,
            securityLevel: 'strict',
            theme: 'base',
            fontFamily: '"Open Sans", sans-serif',
            flowchart: { useMaxWidth: true, htmlLabels: true, curve: 'basis' },
            sequence: { useMaxWidth: true, mirrorActors: false, wrap: true },
            state: { useMaxWidth: true },
            gantt: { useMaxWidth: true },
            themeVariables: {
                darkMode: colour('color-scheme') === 'dark',
                background: colour('--bg'),
                fontSize: '15px',
                primaryColor: box, primaryTextColor: text, primaryBorderColor: edge,
                secondaryColor: group, secondaryTextColor: text, secondaryBorderColor: edge,
                tertiaryColor: group, tertiaryTextColor: text, tertiaryBorderColor: edge,
                mainBkg: box, nodeBorder: edge, nodeTextColor: text, lineColor: line,
                textColor: text, titleColor: text, edgeLabelBackground: group,
                clusterBkg: group, clusterBorder: edge,
                actorBkg: box, actorBorder: edge, actorTextColor: text, actorLineColor: line,
                signalColor: line, signalTextColor: text,
                labelBoxBkgColor: group, labelBoxBorderColor: edge, labelTextColor: text,
                loopTextColor: text, activationBkgColor: edge, activationBorderColor: line,
                noteBkgColor: note, noteBorderColor: noteEdge, noteTextColor: text,
                stateBkg: box, stateLabelColor: text, transitionColor: line,
                transitionLabelColor: text, compositeBackground: group,
            },
        };
    }

    // On a phone a wide diagram scrolls sideways instead of shrinking until nobody can read it.
    function keepLegible(svg) {
        const natural = svg.viewBox.baseVal.width;
        svg.style.minWidth = `${Math.round(natural * 0.75)}px`;
    }

    let drawn = 0;

    async function draw() {
        window.mermaid.initialize(settings());
        for (const { figure, source } of figures) {
            try {
                drawn += 1;
                const { svg } = await window.mermaid.render(`diagram-${drawn}`, source);
                figure.innerHTML = svg;
                keepLegible(figure.querySelector('svg'));
            } catch (error) {
                // The source stays readable, and whoever writes the page sees why.
                console.error('this diagram cannot be drawn:', error, source);
            }
        }
    }

    const script = document.createElement('script');
    script.src = `${path_to_root}assets/mermaid/mermaid.tiny.js`;
    script.addEventListener('load', () => {
        let theme = document.documentElement.className;
        let last = draw();
        new MutationObserver(() => {
            if (document.documentElement.className !== theme) {
                theme = document.documentElement.className;
                last = last.then(draw);
            }
        }).observe(document.documentElement, { attributes: true, attributeFilter: ['class'] });
    });
    document.head.append(script);
})();
