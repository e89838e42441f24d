import {
  Badge,
  createTheme,
  defaultVariantColorsResolver,
  Modal,
  parseThemeColor,
  Table,
  Tooltip,
  type CSSVariablesResolver,
  type MantineColorsTuple,
} from '@mantine/core';

/** The brand's colour, light to dark. */
const ring: MantineColorsTuple = [
  '#eef1ff',
  '#dbe1fb',
  '#b5c0f3',
  '#8c9ceb',
  '#6a7de4',
  '#5369e0',
  '#3b4fd1',
  '#3445bd',
  '#2b3aa3',
  '#202d85',
];

export const theme = createTheme({
  colors: { ring },
  primaryColor: 'ring',
  primaryShade: { light: 6, dark: 7 },
  autoContrast: true,
  luminanceThreshold: 0.35,
  defaultRadius: 'sm',
  fontFamily: 'Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Open Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Noto Sans Mono", monospace',
  headings: { fontWeight: '650' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  variantColorResolver: (input) => {
    const resolved = defaultVariantColorsResolver(input);
    const { isThemeColor, color } = parseThemeColor({ color: input.color || input.theme.primaryColor, theme: input.theme });
    // Tinted grounds with text darker, or lighter, than the palette goes: 4.5 : 1 and more in both schemes (WCAG 2.2, 1.4.3).
    if (isThemeColor && (input.variant === 'light' || input.variant === 'subtle' || input.variant === 'outline'))
      return {
        ...resolved,
        color: `light-dark(color-mix(in srgb, var(--mantine-color-${color}-9) 55%, black), var(--mantine-color-${color}-2))`,
      };
    return resolved;
  },
  components: {
    Badge: Badge.extend({ defaultProps: { tt: 'none', radius: 'sm' } }),
    Modal: Modal.extend({
      defaultProps: {
        overlayProps: { backgroundOpacity: 0.5 },
        closeButtonProps: { 'aria-label': 'Close' },
        // The page has its banner already.
        attributes: { header: { role: 'none' } },
      },
    }),
    Table: Table.extend({ defaultProps: { fz: 'sm' } }),
    Tooltip: Tooltip.extend({ defaultProps: { withArrow: true, events: { hover: true, focus: true, touch: true } } }),
  },
});

/** Secondary text and placeholders dark enough to read (4.5 : 1), which the library's own are not. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#596068',
    '--mantine-color-placeholder': '#6a727a',
    '--mantine-color-error': '#c92a2a',
    '--mantine-color-anchor': '#3445bd',
  },
  dark: {
    '--mantine-color-dimmed': '#a3a9b0',
    '--mantine-color-placeholder': '#989ea5',
    '--mantine-color-error': '#ff8787',
    '--mantine-color-anchor': '#a9b6f5',
  },
});
