//! The pictures of the demonstration products: a shape out of `demo/shapes.svg`, painted in the
//! colours that `demo/pictures.csv` names for the product.

const SHAPES: &str = include_str!("../../demo/shapes.svg");
const PICTURES: &str = include_str!("../../demo/pictures.csv");

/// How the picture of one product is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sketch {
    /// Handle of the product.
    pub(crate) handle: &'static str,
    shape: &'static str,
    /// The sign on a label; empty without one.
    motif: &'static str,
    main: Colour,
    accent: Colour,
}

/// All sketches.
pub(crate) fn sketches() -> impl Iterator<Item = Sketch> {
    PICTURES.lines().skip(1).map(|line| Sketch::read(line).expect("a test reads every line of the file"))
}

impl Sketch {
    fn read(line: &'static str) -> Option<Self> {
        let [handle, shape, motif, main, accent] = line.split(',').collect::<Vec<_>>().try_into().ok()?;
        Some(Self { handle, shape, motif, main: Colour::read(main)?, accent: Colour::read(accent)? })
    }

    /// The picture as SVG; `title` is what those who cannot see it are told.
    pub(crate) fn draw(&self, title: &str) -> String {
        let shape = group(self.shape).expect("a test draws every sketch");
        let motif = if self.motif.is_empty() { String::new() } else { self.motif() };
        let paints: String = self
            .paints()
            .into_iter()
            .filter(|paint| paint.is_used_in(shape, &motif))
            .map(|paint| paint.svg)
            .collect();
        let sky = SKY_BELOW.towards(self.main, 10);
        let (title, accent) = (escaped(title), self.accent);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 400 400\" role=\"img\" aria-labelledby=\"title\">\
            <title id=\"title\">{title}</title>\
            <defs><linearGradient id=\"sky\" x2=\"0\" y2=\"1\"><stop stop-color=\"{SKY_ABOVE}\"/>\
            <stop offset=\"1\" stop-color=\"{sky}\"/></linearGradient>{paints}{motif}</defs>\
            <rect width=\"400\" height=\"400\" fill=\"url(#sky)\"/>\
            <circle cx=\"200\" cy=\"196\" r=\"150\" fill=\"{accent}\" opacity=\".1\"/>\
            <ellipse cx=\"200\" cy=\"324\" rx=\"140\" ry=\"13\" fill=\"#3a2f28\" opacity=\".14\"/>\
            {shape}</svg>"
        )
    }

    fn motif(&self) -> String {
        let name = format!("motif-{}", self.motif);
        group(&name).expect("a test draws every sketch").replacen(&name, "motif", 1)
    }

    fn paints(&self) -> Vec<Paint> {
        let coloured = [
            ("m", self.main),
            ("a", self.accent),
            ("d", self.main.towards(SHADE, 28)),
            ("w", WOOD),
            ("b", BRASS),
            ("k", BLACK),
            ("c", CREAM),
        ];
        let mut paints: Vec<Paint> = coloured
            .into_iter()
            .flat_map(|(name, colour)| [Paint::lit(name, colour), Paint::line(name, colour)])
            .collect();
        paints.extend([Paint::of("s", STEEL_STOPS), Paint::line("s", STEEL), Paint::of("g", GLASS_STOPS)]);
        paints
    }
}

/// The part of the file with this name.
fn group(name: &str) -> Option<&'static str> {
    let start = format!("<g id=\"{name}\"");
    SHAPES.split("\n\n").find(|part| part.starts_with(&start))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A gradient that shapes refer to by its name.
struct Paint {
    reference: String,
    svg: String,
}

impl Paint {
    fn of(name: &str, stops: &str) -> Self {
        Self {
            reference: format!("url(#{name})"),
            svg: format!("<linearGradient id=\"{name}\">{stops}</linearGradient>"),
        }
    }

    /// Brighter on the left, darker on the right.
    fn lit(name: &str, colour: Colour) -> Self {
        let (bright, dark) = (colour.towards(WHITE, 20), colour.towards(SHADE, 20));
        let stops = format!(
            "<stop stop-color=\"{bright}\"/><stop offset=\".45\" stop-color=\"{colour}\"/><stop offset=\"1\" stop-color=\"{dark}\"/>"
        );
        Self::of(name, &stops)
    }

    /// One colour, which also paints straight lines: those have no area a gradient could span.
    fn line(name: &str, colour: Colour) -> Self {
        let name = format!("{name}l");
        let svg = format!(
            "<linearGradient id=\"{name}\" gradientUnits=\"userSpaceOnUse\"><stop stop-color=\"{colour}\"/></linearGradient>"
        );
        Self { reference: format!("url(#{name})"), svg }
    }

    fn is_used_in(&self, shape: &str, motif: &str) -> bool {
        shape.contains(&self.reference) || motif.contains(&self.reference)
    }
}

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Colour([u8; 3]);

const WHITE: Colour = Colour([255, 255, 255]);
const SHADE: Colour = Colour([28, 26, 30]);
const WOOD: Colour = Colour([199, 154, 102]);
const BRASS: Colour = Colour([207, 166, 83]);
const BLACK: Colour = Colour([58, 59, 64]);
const CREAM: Colour = Colour([247, 241, 230]);
const STEEL: Colour = Colour([195, 201, 206]);
const SKY_ABOVE: Colour = Colour([250, 247, 242]);
const SKY_BELOW: Colour = Colour([239, 232, 221]);
const STEEL_STOPS: &str = "<stop stop-color=\"#f3f5f6\"/><stop offset=\".4\" stop-color=\"#c3c9ce\"/>\
    <stop offset=\".75\" stop-color=\"#9aa2a9\"/><stop offset=\"1\" stop-color=\"#b9c0c5\"/>";
const GLASS_STOPS: &str = "<stop stop-color=\"#fff\" stop-opacity=\".45\"/><stop offset=\".5\" stop-color=\"#fff\" stop-opacity=\".08\"/>\
    <stop offset=\"1\" stop-color=\"#cfdde2\" stop-opacity=\".4\"/>";

impl Colour {
    /// Reads `#rrggbb`.
    fn read(text: &str) -> Option<Self> {
        let number = u32::from_str_radix(text.strip_prefix('#')?, 16).ok()?;
        let [0, red, green, blue] = number.to_be_bytes() else { return None };
        Some(Self([red, green, blue]))
    }

    /// This colour mixed with `percent` of `other`.
    fn towards(self, other: Self, percent: i32) -> Self {
        let mix = |index: usize| {
            let (from, to) = (i32::from(self.0[index]), i32::from(other.0[index]));
            (from + (to - from) * percent / 100) as u8
        };
        Self([mix(0), mix(1), mix(2)])
    }
}

impl std::fmt::Display for Colour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}
