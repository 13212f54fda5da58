export { readDashboard } from './definition';
export { drawDashboard } from './draw';
export { DASHBOARD_STYLE } from './style';
export { endOf, viewDashboard, viewDashboards } from './view';
