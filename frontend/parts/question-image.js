// The image of a question, with the text for those who do not see it. Its size is known, so that nothing moves when it comes.

import { h } from "../lib/dom.js";

/** `image` is `{ url, alt, width, height }`, or null. */
export const questionImage = (image) => image && h("img.question-image", { src: image.url, alt: image.alt, width: image.width, height: image.height, decoding: "async" });
