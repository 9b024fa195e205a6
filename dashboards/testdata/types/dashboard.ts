// SPDX-License-Identifier: Apache-2.0

// The types of a classic dashboard with the panels that are used here. Grafana's
// own Dashboard leaves options, queries and fields of panels open; these close
// them, so that what no panel knows is an error.
import type * as grafana from '@grafana/schema';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as timeline from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type * as table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type * as timeseries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

// JSON has no enumerations: their members are written as their values.
type Plain<T> =
  T extends string ? `${T}`
  : T extends number ? (`${T}` extends `${infer N extends number}` ? N : T)
  : T extends object ? { [K in keyof T]: Plain<T[K]> }
  : T;

interface Source { type: 'prometheus'; uid: '${datasource}' }

// The query of the data source for Prometheus, which the package lacks.
interface Query {
  datasource: Source;
  editorMode: 'code';
  expr: string;
  format: 'table' | 'time_series';
  instant: boolean;
  legendFormat?: string;
  range: boolean;
  refId: string;
}

interface ValueLink { title: string; url: string; targetBlank: boolean }

type Field<Custom> = Omit<grafana.FieldConfig, 'custom' | 'links'> & { custom?: Custom; links?: ValueLink[] };

// What an override may set: of all fields, and of those of the panel.
type Property<Custom> =
  | { [K in keyof Field<never> & string]-?: { id: K; value: NonNullable<Field<never>[K]> } }[keyof Field<never> & string]
  | { [K in keyof Custom & string]-?: { id: `custom.${K}`; value: NonNullable<Custom[K]> } }[keyof Custom & string];

type Transformation =
  | { id: 'merge'; options: Record<string, never> }
  | { id: 'organize'; options: {
      excludeByName: Record<string, boolean>; includeByName: Record<string, boolean>;
      indexByName: Record<string, number>; renameByName: Record<string, string> } };

type Panel<Type extends string, Options, Custom> =
  Required<Pick<grafana.Panel, 'id' | 'gridPos' | 'title' | 'description'>>
  & Pick<grafana.Panel, 'links'>
  & {
    type: Type;
    datasource: Source;
    targets: Query[];
    options: Options;
    transformations?: Transformation[];
    fieldConfig: {
      defaults: Field<Custom>;
      overrides: { matcher: { id: 'byName' | 'byRegexp'; options: string }; properties: Property<Custom>[] }[];
    };
  };

type AnyPanel =
  | Panel<'stat', stat.Options, never>
  | Panel<'state-timeline', timeline.Options, timeline.FieldConfig>
  | Panel<'table', table.Options, table.FieldConfig>
  | Panel<'timeseries', timeseries.Options, timeseries.FieldConfig>
  | Omit<grafana.RowPanel, 'panels'> & { panels: [] };

type Variable = Omit<grafana.VariableModel, 'query' | 'datasource' | 'current'> & {
  datasource?: Source;
  current: grafana.VariableOption | Record<string, never>;
  query: 'prometheus' | { qryType: 1; query: string; refId: 'PrometheusVariableQueryEditor-VariableQuery' };
};

interface Annotation extends Omit<grafana.AnnotationQuery, 'datasource' | 'target'> {
  datasource: Source;
  target: { expr: string; interval: string; refId: 'Anno' };
  tagKeys: string;
  textFormat: string;
  titleFormat: string;
}

export type Dashboard = Plain<
  Omit<grafana.Dashboard, 'panels' | 'templating' | 'annotations'> & {
    schemaVersion: 42;
    panels: AnyPanel[];
    templating: { list: Variable[] };
    annotations: { list: Annotation[] };
  }
>;
